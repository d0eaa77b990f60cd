internal import JSON

/// What a deployment, and the policy around it, change in a request.
///
/// What each request sets itself lies here; what a deployment's requests have in common is one
/// object that copies share until one of them changes it.
package struct RequestPolicy: Hashable, Sendable {
    /// The upstream's name for the model as a JSON string with quotes; nil to leave the client's.
    package var model: [UInt8]?
    /// Fields of LiteLLM's list that this endpoint has as parameters of its own: `metadata` is one
    /// of `/v1/responses` and `/v1/messages`.
    package var keptFields: Set<RequestField> = []
    /// Whether a stream is asked for its usage when the client did not.
    package var asksForUsage = false
    private var rules = Rules.none

    package init(model: [UInt8]? = nil) {
        self.model = model
    }

    /// Members for a client that did not send them: default parameters, then the extra body.
    package var defaults: MemberTexts {
        get { rules.contents.defaults }
        set { change { $0.defaults = newValue } }
    }
    package var extraBody: MemberTexts {
        get { rules.contents.extraBody }
        set { change { $0.extraBody = newValue } }
    }
    /// Members that take the place of the client's, or are added: a fallback target's own.
    package var overrides: MemberTexts {
        get { rules.contents.overrides }
        set {
            if newValue.isEmpty, overrides.isEmpty { return }
            change { $0.overrides = newValue }
        }
    }
    /// Keys that are taken out (`additional_drop_params`).
    package var droppedKeys: [[UInt8]] { rules.contents.droppedKeys }
    /// Nested members that are taken out, likewise.
    package var droppedPaths: [DropPath] { rules.contents.droppedPaths }
    /// What else the provider does not take (`drop_params`). The extra body is the operator's own
    /// word, which they do not touch.
    package var unsupported: UnsupportedParameters {
        get { rules.contents.unsupported }
        set { change { $0.unsupported = newValue } }
    }

    /// Takes more out.
    package mutating func drop(_ paths: [DropPath]) {
        change {
            $0.droppedKeys += paths.map(\.name)
            $0.droppedPaths += paths.filter(\.isNested)
        }
    }

    private mutating func change(_ body: (inout Rules.Contents) -> Void) {
        var contents = rules.contents
        body(&contents)
        rules = Rules(contents)
    }

    private final class Rules: Hashable, Sendable {
        struct Contents: Hashable, Sendable {
            var defaults = MemberTexts.none
            var extraBody = MemberTexts.none
            var overrides = MemberTexts.none
            var droppedKeys: [[UInt8]] = []
            var droppedPaths: [DropPath] = []
            var unsupported = UnsupportedParameters.none
        }

        let contents: Contents
        static let none = Rules(Contents())

        init(_ contents: Contents) {
            self.contents = contents
        }

        static func == (left: Rules, right: Rules) -> Bool {
            left === right || left.contents == right.contents
        }

        func hash(into hasher: inout Hasher) { hasher.combine(contents) }
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
