internal import JSON

/// What a deployment, and the policy around it, change in a request.
package struct RequestPolicy: Sendable {
    /// The upstream's name for the model as a JSON string with quotes; nil to leave the client's.
    package var model: [UInt8]?
    /// Members for a client that did not send them: default parameters, then the extra body.
    package var defaults = MemberTexts.none
    package var extraBody = MemberTexts.none
    /// Keys that are taken out (`additional_drop_params`).
    package var droppedKeys: [[UInt8]] = []
    /// Fields of LiteLLM's list that this endpoint has as parameters of its own: `metadata` is one
    /// of `/v1/responses` and `/v1/messages`.
    package var keptFields: Set<RequestField> = []
    /// Whether a stream is asked for its usage when the client did not.
    package var asksForUsage = false

    package init(model: [UInt8]? = nil) {
        self.model = model
    }

    /// Whether the configuration itself says what becomes of `stream_options`.
    fileprivate var settlesStreamOptions: Bool {
        let key = Array(RequestField.streamOptions.rawValue.utf8)
        return droppedKeys.contains(key) || defaults.contains(key) || extraBody.contains(key)
    }
}

extension RequestFacts {
    /// The changes that `policy` makes to the body these facts were read from. None for a body that
    /// is already what the upstream shall get.
    package func edits(_ policy: RequestPolicy, body: RawSpan) -> BodyEdits {
        var edits = BodyEdits(bodyCount: count)
        var keptCount = 0
        for (index, member) in members.enumerated() {
            if isTakenOut(member, policy, body: body) {
                edits.replace(deletion(at: index, keptBefore: keptCount), with: [])
            } else {
                keptCount += 1
            }
        }
        if let model = policy.model, let modelValue, !body.equals(model, at: modelValue) {
            edits.replace(modelValue, with: model)
        }
        var added = addedMembers(policy, body: body)
        if policy.asksForUsage, isStream { askForUsage(policy, &edits, &added) }
        if !added.isEmpty {
            if keptCount > 0 { added.insert(UInt8(ascii: ","), at: 0) }
            edits.replace(end..<end, with: added)
        }
        return edits
    }

    /// Whether the upstream's usage chunk is only for us under `policy`.
    package func hidesUsage(_ policy: RequestPolicy) -> Bool {
        guard policy.asksForUsage, isStream, !policy.settlesStreamOptions else { return false }
        switch streamUsage {
        case .wanted, .invalid: return false
        case .absent, .null, .missing, .refused: return true
        }
    }

    private func isTakenOut(_ member: Member, _ policy: RequestPolicy, body: RawSpan) -> Bool {
        if member.number >= 0 {
            switch RequestField.treatments[Int(member.number)] {
            case .credential, .refused: return true
            case .consumed:
                let field = RequestField.all[Int(member.number)]
                if !policy.keptFields.contains(field) { return true }
            case .forwarded:
                // Without them the request would not be the one that was admitted.
                if RequestField.all[Int(member.number)] == .model { return false }
            }
        }
        return policy.droppedKeys.contains { JSONScalars.isString($0, in: body, at: member.key) }
    }

    /// The bytes that go with a member: the comma before it, or the one after it when nothing is
    /// kept before it. Deletions of neighbours touch, but never overlap.
    private func deletion(at index: Int, keptBefore: Int) -> Range<Int> {
        let member = members[index]
        if keptBefore > 0 { return members[index - 1].value.upperBound..<member.value.upperBound }
        guard index + 1 < members.count else {
            return member.key.lowerBound..<member.value.upperBound
        }
        return member.key.lowerBound..<members[index + 1].key.lowerBound
    }

    private func addedMembers(_ policy: RequestPolicy, body: RawSpan) -> [UInt8] {
        var added: [UInt8] = []
        if let model = policy.model, modelValue == nil {
            added += Array("\"model\":".utf8) + model
        }
        // A model of the configuration's own would be a second one.
        var keys: Set<[UInt8]> = [Array(RequestField.model.rawValue.utf8)]
        for entry in policy.defaults.entries + policy.extraBody.entries {
            let isKnown =
                contains(key: entry.key, in: body) || policy.droppedKeys.contains(entry.key)
            if isKnown || !keys.insert(entry.key).inserted { continue }
            if !added.isEmpty { added.append(UInt8(ascii: ",")) }
            added += entry.text
        }
        return added
    }

    private func askForUsage(
        _ policy: RequestPolicy,
        _ edits: inout BodyEdits,
        _ added: inout [UInt8]
    ) {
        if policy.settlesStreamOptions { return }
        switch streamUsage {
        case .wanted, .invalid: return
        case .absent:
            if !added.isEmpty { added.append(UInt8(ascii: ",")) }
            added += Array(#""stream_options":{"include_usage":true}"#.utf8)
        case .null(let value):
            edits.replace(value, with: Array(#"{"include_usage":true}"#.utf8))
        case .missing(let offset, let isEmpty):
            let text = isEmpty ? #""include_usage":true"# : #""include_usage":true,"#
            edits.replace(offset..<offset, with: Array(text.utf8))
        case .refused(let value):
            edits.replace(value, with: Array("true".utf8))
        }
    }
}
