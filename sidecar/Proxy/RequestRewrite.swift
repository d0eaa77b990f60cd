internal import HTTP
internal import JSON
internal import OpenAI
internal import Providers

/// What is changed on the way to the upstream, and must be changed back on the way to the client.
struct RewritePlan {
    let edits: BodyEdits
    let restoration: Restoration
}

/// What must be changed back in an answer.
struct Restoration {
    /// The public name as a JSON string, where the answer's `model` must become it again; nil where
    /// the upstream's own may show.
    let publicModel: [UInt8]?
    /// The usage chunk of the stream is ours alone.
    let hidesUsage: Bool

    /// Nothing.
    static let none = Restoration(publicModel: nil, hidesUsage: false)
}

/// Plans the changes to one request for one deployment.
struct RequestRewrite {
    let request: ProxyRequest
    let deployment: ResolvedDeployment
    let upstreamModel: String
    /// What a fallback of the request's own replaces.
    let overrides: MemberTexts

    func plan(_ content: RequestContent, _ body: RequestBody) -> RewritePlan {
        let policy = deployment.policy(
            for: request.endpoint,
            model: upstreamModel,
            controls: request.controls
        )
        switch content {
        case .json(let facts): return plan(facts, body, policy)
        case .form(let facts):
            let edits = facts.edits(
                model: Array(upstreamModel.utf8),
                dropping: policy.droppedKeys,
                body: body.span
            )
            return RewritePlan(edits: edits, restoration: .none)
        }
    }

    private func plan(
        _ facts: RequestFacts,
        _ body: RequestBody,
        _ policy: RequestPolicy
    ) -> RewritePlan {
        var policy = policy
        let upstream = JSONEscape.quoted(upstreamModel)
        policy.model = upstream
        policy.overrides = overrides
        policy.keptFields = request.endpoint.keptFields
        policy.asksForUsage = request.endpoint.hasStreamUsageOption
        let hidesUsage = facts.hidesUsage(policy) && !request.snapshot.alwaysIncludesUsage
        return RewritePlan(
            edits: facts.edits(policy, body: body.span),
            restoration: Restoration(
                publicModel: publicModel(facts, body, upstream: upstream),
                hidesUsage: hidesUsage
            )
        )
    }

    /// LiteLLM restores the name that the client sent, except where the path named the model.
    private func publicModel(
        _ facts: RequestFacts,
        _ body: RequestBody,
        upstream: [UInt8]
    ) -> [UInt8]? {
        guard request.match.model == nil, let place = facts.modelValue else { return nil }
        let sent = body.span.array(place)
        return sent == upstream ? nil : sent
    }
}
