import RouteConfig
import Testing

/// Each row of the table says what the decoder does.
@Suite("A row of the table of known keys")
struct KnownKeyRowTests {
    private static let compiled = KnownKey.all.filter(\.isCompiled)
    private static let others = KnownKey.all.filter { !$0.isCompiled }
    /// What may be said of a value without saying that it is of the wrong form.
    private static let other: Set<DiagnosticCode> = [.literalSecret, .literalVirtualKey, .noModels]

    @Test("takes each form that it names", arguments: compiled)
    func right(key: KnownKey) {
        let samples = RowSamples.of(key)
        #expect(!samples.right.isEmpty)
        for value in samples.right + (Self.mustBeThere(key) ? [] : ["null"]) {
            let decoded = Self.decode(key, value)
            let found = decoded.sink.diagnostics.filter { !Self.other.contains($0.code) }
            #expect(found.isEmpty, "\(key.section) \(key.name): \(value)\n\(decoded.text)")
        }
    }

    /// Under priority, which is what its samples are for, so must the priorities be.
    private static func mustBeThere(_ key: KnownKey) -> Bool {
        key.section.required.contains(key.name) || key.name == "model_priorities"
    }

    @Test("refuses or warns of another form, as it says", arguments: compiled)
    func wrong(key: KnownKey) {
        let codes: Set<DiagnosticCode> = [
            .wrongType, .missingKey, .invalidStrategy, .fallbackShape, .includeShape,
        ]
        for value in RowSamples.of(key).wrong {
            let decoded = Self.decode(key, value)
            let found = decoded.sink.diagnostics.filter { codes.contains($0.code) }
            #expect(!found.isEmpty, "\(key.section) \(key.name): \(value)\n\(decoded.text)")
            #expect(
                found.contains { $0.severity == .error } == Self.isError(key, value),
                "\(key.section) \(key.name): \(value)\n\(decoded.text)"
            )
        }
    }

    /// The items of two kinds of fallbacks, and arguments, are left out one by one.
    private static func isError(_ key: KnownKey, _ value: String) -> Bool {
        switch key.shape {
        case .fallbacks(let isStrict): isStrict
        case .arguments: !value.hasPrefix("{")
        default: key.isStrict
        }
    }

    @Test("without effect says so, and why, unless nothing is asked for", arguments: others)
    func withoutEffect(key: KnownKey) throws {
        let expected: (DiagnosticCode, Diagnostic.Severity, String) =
            switch key.fate {
            case .noEffect(let reason): (.noEffect, .warning, reason)
            case .guarded(_, let reason): (.guardedKey, .error, reason)
            case .refused(let reason): (.refusedKey, .error, reason)
            case .parameter, .handled: (.noEffect, .error, "")
            }
        let decoded = Self.decode(key, "{a: [on]}")
        let diagnostic = try #require(decoded.sink.diagnostics.first, "\(key.section) \(key.name)")
        #expect(diagnostic.code == expected.0)
        #expect(diagnostic.severity == expected.1)
        #expect(diagnostic.hint?.hasPrefix(expected.2) ?? false)
        guard expected.0 != .refusedKey else { return }
        for nothing in ["null", "false", "\"\"", "[]", "{}"] {
            #expect(Self.decode(key, nothing).reported.isEmpty, "\(key.name): \(nothing)")
        }
    }

    @Test("that guards something is silent where its line allows it", arguments: others)
    func allowed(key: KnownKey) {
        let code =
            switch key.fate {
            case .noEffect: DiagnosticCode.noEffect.text
            case .guarded: DiagnosticCode.guardedKey.text
            // What LiteLLM refuses cannot be meant.
            case .refused, .parameter, .handled: ""
            }
        let comment = "  # sidegate: allow(SG0001, \(code))"
        let decoded = Self.decode(key, "{a: [on]}", comment: comment)
        #expect(decoded.reported.isEmpty == !code.isEmpty, "\(decoded.text)")
    }

    /// A configuration with the key, and nothing else to be said about it.
    private static func decode(_ key: KnownKey, _ value: String, comment: String = "") -> Decoded {
        let text = document(key.section, member(key, value)) + comment + "\n"
        return Decoded(files: [("gateway.yaml", text), ("other.yaml", "model_list: []\n")])
    }

    /// The members of the key's mapping: the key, and others that must be there.
    private static func member(_ key: KnownKey, _ value: String) -> String {
        var members = [(key.name, value)]
        var others: [(String, String)] = []
        switch key.section {
        case .modelEntry: others = [("model_name", "m"), ("litellm_params", "{model: openai/x}")]
        case .litellmParams: others = [("model", "openai/x")]
        case .credential: others = [("credential_name", "c")]
        case .groupAlias: others = [("model", "b")]
        case .routingGroup: others = routingGroup(key.name)
        case .routerSettings where key.name == "routing_strategy_args":
            others = [("routing_strategy", "latency-based-routing")]
        case .virtualKey where key.name != "hash" && key.name != "key":
            others = [("hash", String(repeating: "cd", count: 32))]
        default: break
        }
        members += others.filter { $0.0 != key.name }
        return members.map { "\($0.0): \($0.1)" }.joined(separator: ", ")
    }

    private static func routingGroup(_ name: String) -> [(String, String)] {
        let strategy =
            switch name {
            case "model_priorities": "priority"
            case "routing_strategy_args": "latency-based-routing"
            default: "least-busy"
            }
        return [("group_name", "g"), ("models", "[m]"), ("routing_strategy", strategy)]
    }

    private static func document(_ section: KnownKey.Section, _ members: String) -> String {
        switch section {
        case .root: members
        case .modelEntry: "model_list: [{\(members)}]"
        case .litellmParams: "model_list: [{model_name: m, litellm_params: {\(members)}}]"
        case .modelInfo:
            "model_list: [{model_name: m, litellm_params: {model: openai/x}, "
                + "model_info: {\(members)}}]"
        case .credential: "credential_list: [{\(members)}]"
        case .credentialValues:
            "credential_list: [{credential_name: c, credential_values: {\(members)}}]"
        case .litellmSettings: "litellm_settings: {\(members)}"
        case .cacheParams: "litellm_settings: {cache_params: {\(members)}}"
        case .routerSettings: "router_settings: {\(members)}"
        case .routingGroup: "router_settings: {routing_groups: [{\(members)}]}"
        case .groupAlias: "router_settings: {model_group_alias: {a: {\(members)}}}"
        case .generalSettings: "general_settings: {\(members)}"
        case .coordinationRedis: "coordination_redis: {\(members)}"
        case .sidegate: "sidegate: {\(members)}"
        case .limits: "sidegate: {limits: {\(members)}}"
        case .virtualKey: "sidegate: {keys: [{\(members)}]}"
        case .rateLimits: "sidegate: {rate_limits: {\(members)}}"
        case .sharedLimits: "sidegate: {teams: {t: {\(members)}}}"
        case .sidegateCache: "sidegate: {cache: {\(members)}}"
        }
    }
}
