internal import JSON

/// What a deployment, and the policy around it, change in a request.
package struct RequestPolicy: Hashable, Sendable {
    /// The upstream's name for the model as a JSON string with quotes; nil to leave the client's.
    package var model: [UInt8]?
    /// Members for a client that did not send them: default parameters, then the extra body.
    package var defaults = MemberTexts.none
    package var extraBody = MemberTexts.none
    /// Members that take the place of the client's, or are added: a fallback target's own.
    package var overrides = MemberTexts.none
    /// Keys that are taken out (`additional_drop_params`).
    package private(set) var droppedKeys: [[UInt8]] = []
    /// Nested members that are taken out, likewise.
    package private(set) var droppedPaths: [DropPath] = []
    /// What else the provider does not take (`drop_params`). The extra body is the operator's own
    /// word, which they do not touch.
    package var unsupported = UnsupportedParameters.none
    /// Fields of LiteLLM's list that this endpoint has as parameters of its own: `metadata` is one
    /// of `/v1/responses` and `/v1/messages`.
    package var keptFields: Set<RequestField> = []
    /// Whether a stream is asked for its usage when the client did not.
    package var asksForUsage = false

    package init(model: [UInt8]? = nil) {
        self.model = model
    }

    /// Takes more out.
    package mutating func drop(_ paths: [DropPath]) {
        droppedKeys += paths.map(\.name)
        droppedPaths += paths.filter(\.isNested)
    }

    /// Whether something other than the client says what becomes of `stream_options`.
    var settlesStreamOptions: Bool {
        let key = RequestPolicy.streamOptions
        return droppedKeys.contains(key) || droppedPaths.contains { $0.firstKey == key }
            || defaults.contains(key) || extraBody.contains(key) || overrides.contains(key)
    }

    /// The overrides by the names that the provider has for them, without what is dropped and what
    /// would be taken out of a client's own body.
    var overridesForUpstream: MemberTexts {
        MemberTexts(
            entries: overrides.entries.compactMap { entry in
                if droppedKeys.contains(entry.key) || !isForUpstream(entry.field) { return nil }
                guard let name = unsupported.newName({ $0 == entry.key }) else { return entry }
                return overrides.contains(name) ? nil : entry.renamed(name)
            }
        )
    }

    private func isForUpstream(_ field: RequestField?) -> Bool {
        guard let field, field.treatment != .forwarded else { return true }
        return field.treatment == .consumed && keptFields.contains(field)
    }

    private static let streamOptions = Array(RequestField.streamOptions.rawValue.utf8)
}
