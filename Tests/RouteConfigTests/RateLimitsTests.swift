import RouteConfig
import RouteTable
import Testing

@Suite("Rate limits of a configuration")
struct RateLimitsTests {
    private func key(_ members: String) -> Decoded {
        Decoded("sidegate: {keys: [{key: os.environ/K, \(members)}]}")
    }

    @Test(
        "are read in LiteLLM's spellings",
        arguments: [
            ("rpm: 5, tpm: 900", [.requestsPerMinute: 5, .tokensPerMinute: 900]),
            ("rpm_limit: \"5\", tpm_limit: 900.0", [.requestsPerMinute: 5, .tokensPerMinute: 900]),
            ("max_parallel_requests: 3, rpm: null", [.parallelRequestsMax: 3]),
        ] as [(String, [ParameterKey: Int64])]
    )
    func spellings(members: String, limits: [ParameterKey: Int64]) throws {
        let found = try #require(key(members).config.virtualKeys.first).parameters
        for parameter in limits.keys {
            #expect(found[parameter] == limits[parameter].map { .integer($0) })
        }
        #expect(found.count == limits.count + 1)
    }

    @Test("may be references")
    func references() throws {
        let found = try #require(key("rpm: os.environ/RPM").config.virtualKeys.first).parameters
        let reference = Reference(kind: .environment, name: "RPM", isSecret: false)
        #expect(found[.requestsPerMinute] == .text(.reference(reference)))
    }

    @Test(
        "of 0, and what is no number, are errors: left out they would open what was to be closed",
        arguments: [
            ("rpm: 0", 44), ("tpm: -5", 44), ("rpm_limit: many", 50), ("rpm: 1.5", 44),
            ("max_parallel_requests: false", 62), ("model_rpm_limit: {gpt: 0}", 62),
        ] as [(String, Int)]
    )
    func errors(members: String, column: Int) {
        #expect(key(members).reported == ["error SG0022 1:\(column)"])
    }

    @Test("of a key for single models stand at it or in its metadata")
    func models() throws {
        let own = key("model_rpm_limit: {gpt-4o: 5, llama: os.environ/R}, model_tpm_limit: {a: 7}")
        let found = try #require(own.config.virtualKeys.first).parameters
        #expect(
            found[.keyModelRequestsPerMinute]
                == .json([
                    .literal("{\"gpt-4o\":5,\"llama\":"),
                    .reference(Reference(kind: .environment, name: "R", isSecret: false)),
                    .literal("}"),
                ])
        )
        #expect(found[.keyModelTokensPerMinute] == .json([.literal("{\"a\":7}")]))
        let metadata = key("metadata: {model_rpm_limit: {gpt-4o: 5}}")
        #expect(
            metadata.config.virtualKeys.first?.parameters[.keyModelRequestsPerMinute]
                == .json([.literal("{\"gpt-4o\":5}")])
        )
        #expect(own.reported.isEmpty && metadata.reported.isEmpty)
    }

    @Test("of users and teams are kept by name")
    func shared() {
        let decoded = Decoded(
            "sidegate: {users: {ada: {rpm: 5, tpm_limit: 7}, bob: {}}, teams: {search: "
                + "{max_parallel_requests: 2, rmp: 4}}}"
        )
        #expect(
            decoded.config.settings == [
                .users: .json([.literal("{\"ada\":{\"rpm\":5,\"tpm\":7}}")]),
                .teams: .json([.literal("{\"search\":{\"max_parallel_requests\":2}}")]),
            ]
        )
        #expect(decoded.reported == ["warning SG0020 1:102"])
    }

    @Test(
        "are shared in one of three ways, among a namespace",
        arguments: [
            ("mode: lease, namespace: prod-1", "lease", "prod-1", nil),
            ("mode: exact", "exact", nil, nil), ("mode: local", "local", nil, nil),
            ("mode: strict", nil, nil, "warning SG0022 1:32"),
            ("namespace: \"a}b\"", nil, nil, "warning SG0022 1:37"),
            ("modes: exact", nil, nil, "warning SG0020 1:26"),
        ] as [(String, String?, String?, String?)]
    )
    func sharing(members: String, mode: String?, namespace: String?, reported: String?) {
        let decoded = Decoded("sidegate: {rate_limits: {\(members)}}")
        let settings = decoded.config.settings
        #expect(settings[.rateLimitMode] == mode.map { .text(.literal($0)) })
        #expect(settings[.rateLimitNamespace] == namespace.map { .text(.literal($0)) })
        #expect(decoded.reported == [reported].compactMap(\.self))
    }

    @Test("count total, input or output tokens")
    func tokenTypes() {
        let right = Decoded("general_settings: {token_rate_limit_type: output}")
        #expect(right.config.settings[.tokenRateLimitType] == .text(.literal("output")))
        let wrong = Decoded("general_settings: {token_rate_limit_type: outputs}")
        #expect(wrong.config.settings[.tokenRateLimitType] == nil)
        #expect(wrong.reported == ["warning SG0022 1:43"])
    }
}
