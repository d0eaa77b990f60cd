internal import JSON

extension RequestFacts {
    /// The changes that `policy` makes to the body these facts were read from. None for a body that
    /// is already what the upstream shall get.
    ///
    /// In this order: what is not for an upstream goes; overrides take the place of the client's
    /// members; what the policy drops goes; what the provider calls otherwise is renamed, and what
    /// it does not know goes; defaults are added where neither client nor override said anything.
    package func edits(_ policy: RequestPolicy, body: RawSpan) -> BodyEdits {
        var rewriter = BodyRewriter(facts: self, policy: policy, body: body)
        rewriter.rewriteMembers(body)
        rewriter.addMembers(body)
        return rewriter.edits
    }

    /// Whether the upstream's usage chunk is only for us under `policy`.
    package func hidesUsage(_ policy: RequestPolicy) -> Bool {
        guard policy.asksForUsage, isStream, !policy.settlesStreamOptions else { return false }
        switch streamUsage {
        case .wanted, .invalid: return false
        case .absent, .null, .missing, .refused: return true
        }
    }
}
