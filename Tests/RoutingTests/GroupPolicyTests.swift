import RouteTable
import Testing

@testable import Routing

@Suite("What a table says of a group")
struct GroupPolicyTests {
    private func table(
        settings: ParameterSet = [:],
        model: ParameterSet = [:],
        deployments: [ParameterSet] = [[:]]
    ) throws -> RouteTable {
        var contents = TableContents()
        contents.settings = settings
        contents.models = [
            Model(
                name: "m",
                parameters: model,
                deployments: deployments.enumerated().map { index, parameters in
                    Deployment(
                        id: .derived(UInt64(index)),
                        provider: 1,
                        upstreamModel: .literal("u"),
                        parameters: parameters
                    )
                }
            )
        ]
        return try RouteTable(bytes: TableWriter.encode(contents))
    }

    private func policy(
        _ settings: ParameterSet = [:],
        model: ParameterSet = [:],
        values: [String?] = []
    ) throws -> GroupPolicy {
        let table = try table(settings: settings, model: model)
        return GroupPolicy(table: table, model: 0, values: ReferenceValues(values))
    }

    private func texts(_ texts: String...) -> ParameterValue { .list(texts.map { .literal($0) }) }

    private func text(_ text: String) -> ParameterValue { .text(.literal(text)) }

    @Test("is LiteLLM's defaults where it says nothing")
    func defaults() throws {
        let policy = try policy()
        #expect(policy.strategyName == .simpleShuffle)
        #expect(policy.arguments == StrategyArguments())
        #expect(!policy.enforcesMinuteLimits && !policy.checksContextWindow)
        #expect(!policy.filtersByTags && policy.matchesAnyTag && policy.heedsHealth)
        #expect(!policy.needsInputTokens && !policy.needsPrefix)
        #expect(policy.retry == RetryPolicy())
        #expect(policy.retry.count == 2)
        #expect(policy.cooldown == CooldownPolicy())
        #expect(policy.cooldown.cooldownMS == 5_000)
        #expect(policy.fallbackDepthMax == 5)
    }

    @Test("takes a strategy by each of its names", arguments: StrategyName.allCases)
    func strategies(name: StrategyName) throws {
        let policy = try policy([.strategy: text(name.rawValue)])
        #expect(policy.strategyName == name)
        #expect(type(of: policy.strategy) == type(of: name.make(StrategyArguments())))
        let isUsage = name == .usageBased || name == .usageBasedV2
        #expect(policy.enforcesMinuteLimits == isUsage)
        #expect(policy.needsPrefix == (name == .prefixAffinity))
    }

    @Test(
        "takes the names of documents, too, also behind a reference",
        arguments: [
            ("least-cost", StrategyName.costBased), ("latency-based", .latencyBased),
            ("usage-based", .usageBased), ("nonsense", .simpleShuffle),
        ]
    )
    func spellings(spelling: String, expected: StrategyName) throws {
        #expect(try policy([.strategy: text(spelling)]).strategyName == expected)
        let reference = Reference(kind: .environment, name: "STRATEGY", isSecret: false)
        let found = try policy([.strategy: .text(.reference(reference))], values: [spelling])
        #expect(found.strategyName == expected)
    }

    @Test("gives a group's own strategy its own arguments, not the table's")
    func own() throws {
        let settings: ParameterSet = [
            .strategy: text("latency-based-routing"),
            .strategyArguments: .json([.literal(#"{"lowest_latency_buffer": 0.5}"#)]),
        ]
        #expect(try policy(settings).arguments.latencyBuffer == 0.5)
        let other = try policy(settings, model: [.strategy: text("prefix-affinity")])
        #expect(other.strategyName == .prefixAffinity)
        #expect(other.arguments == StrategyArguments())
        let both = try policy(
            settings,
            model: [
                .strategy: text("prefix-affinity"),
                .strategyArguments: .json([.literal(#"{"load_factor": 2}"#)]),
            ]
        )
        #expect(both.arguments.loadFactor == 2)
    }

    private static let readings: [(String, @Sendable (inout StrategyArguments) -> Void)] = [
        (#"{"ttl": 60}"#, { $0.latencyTTLMS = 60_000 }),
        (#"{"ttl": "1.5"}"#, { $0.latencyTTLMS = 1_500 }),
        (#"{"ttl": -1}"#, { _ in }), (#"{"ttl": null}"#, { _ in }), (#"[]"#, { _ in }),
        (#"{"ttl": 1e300}"#, { $0.latencyTTLMS = 1_000_000_000_000 }),
        (#"{"max_latency_list_size": 3}"#, { $0.latencySamplesMax = 3 }),
        (#"{"max_latency_list_size": 0}"#, { _ in }),
        (#"{"max_latency_list_size": 1000000}"#, { $0.latencySamplesMax = 100 }),
        (#"{"prefix_bytes": 1024}"#, { $0.prefixBytes = 1_024 }),
        (#"{"prefix_bytes": 1e99}"#, { $0.prefixBytes = 65_536 }),
        (#"{"load_factor": 0.9}"#, { _ in }), (#"{"load_factor": 99}"#, { $0.loadFactor = 10 }),
        (#"{"lowest_latency_buffer": "nan"}"#, { _ in }),
        (#"{"lowest_latency_buffer": "inf"}"#, { _ in }),
    ]

    @Test("reads arguments, and takes the standard one for what is none", arguments: readings)
    func arguments(json: String, change: @Sendable (inout StrategyArguments) -> Void) throws {
        var expected = StrategyArguments()
        change(&expected)
        let settings: ParameterSet = [.strategyArguments: .json([.literal(json)])]
        #expect(try policy(settings).arguments == expected)
    }

    @Test("has switches of their own")
    func switches() throws {
        #expect(try policy([.enforceModelRateLimits: .bool(true)]).enforcesMinuteLimits)
        #expect(try policy([.enforceModelRateLimits: .bool(true)]).needsInputTokens)
        #expect(try policy([.arePreCallChecksEnabled: .bool(true)]).checksContextWindow)
        #expect(try policy([.arePreCallChecksEnabled: .bool(true)]).needsInputTokens)
        #expect(try policy([.isTagFilteringEnabled: .bool(true)]).filtersByTags)
        #expect(try policy([.tagMatchAny: .bool(false)]).matchesAnyTag == false)
        #expect(try policy([.maxFallbacks: .integer(1)]).fallbackDepthMax == 1)
        #expect(try policy([.areCooldownsDisabled: .bool(true)]).cooldown.isDisabled)
        #expect(try policy([.cooldownMS: .integer(0)]).cooldown.cooldownMS == 0)
        #expect(try policy([.cooldownMS: .integer(-5)]).cooldown.cooldownMS == 0)
        #expect(try policy([.numRetries: .integer(0)]).retry.count == 0)
        #expect(try policy([.retryAfterMS: .integer(700)]).retry.waitMinMS == 700)
    }

    @Test("counts retries by LiteLLM's names of failures")
    func retries() throws {
        let settings: ParameterSet = [
            .retryPolicy: texts(
                "TimeoutErrorRetries",
                "4",
                "RateLimitErrorRetries",
                "0",
                "BadRequestErrorRetries",
                "1",
                "NonsenseRetries",
                "7",
                "InternalServerErrorRetries",
                "many"
            )
        ]
        let counts = try policy(settings).retry.counts
        #expect(
            counts == [
                .timeout: 4, .rateLimited: 0, .badRequest: 1, .contextWindow: 1, .conflict: 1,
            ]
        )
        let model: ParameterSet = [
            .retryPolicy: texts("TimeoutErrorRetries", "9", "DefaultRetries", "3")
        ]
        let own = try policy(settings, model: model).retry.counts
        #expect(own[.timeout] == 9)
        #expect(own[.badGateway] == 3)
        #expect(own[.rateLimited] == 3)
        #expect(own[.badRequest] == 1)
        #expect(own[.authentication] == nil)
    }

    @Test("names every kind of failure that a policy can name")
    func policyNames() {
        // LiteLLM's fields (LiteLLM §5.4, §5.5).
        let names: Set<String> = [
            "BadRequestError", "AuthenticationError", "TimeoutError", "RateLimitError",
            "ContentPolicyViolationError", "InternalServerError", "ServiceUnavailableError",
            "BadGatewayError", "NotFoundError",
        ]
        #expect(Set(FailureKind.allCases.map(\.policyName)) == names)
    }

    @Test("takes allowed failures of 3 for none at all")
    func allowedFails() throws {
        #expect(try policy([.allowedFails: .integer(3)]).cooldown.allowedFails == nil)
        #expect(try policy([.allowedFails: .integer(0)]).cooldown.allowedFails == 0)
        let settings: ParameterSet = [
            .allowedFailsPolicy: texts("RateLimitErrorAllowedFails", "8")
        ]
        #expect(try policy(settings).cooldown.allowedByKind == [.rateLimited: 8])
    }

    @Test("makes candidates of deployments, their limits and prices")
    func candidates() throws {
        let table = try table(
            settings: [.parallelRequestsMax: .integer(9), .isTagFilteringEnabled: .bool(true)],
            deployments: [
                [:],
                [
                    .parallelRequestsMax: .integer(2), .requestsPerMinute: .integer(3),
                    .tokensPerMinute: .integer(4), .maxInputTokens: .integer(5),
                    .inputPrice: .integer(6), .outputPrice: .integer(7), .tags: texts("a", "b"),
                    .cooldownMS: .integer(8), .allowedFails: .integer(3), .numRetries: .integer(4),
                ],
                [
                    .parallelRequestsMax: .integer(0), .requestsPerMinute: .integer(0),
                    .tokensPerMinute: .integer(-1), .outputPrice: .integer(0),
                    .allowedFails: .integer(7),
                ],
            ]
        )
        let values = ReferenceValues([])
        var group = CandidateGroup(policy: GroupPolicy(table: table, model: 0, values: values))
        for index in 0..<3 {
            group.add(
                deployment: index,
                slots: [(Int32(index), UInt64(index))],
                table: table,
                values: values
            )
        }
        var plain = Candidate(deployment: 0, slot: 0)
        plain.parallelMax = 9
        var limited = Candidate(deployment: 1, slot: 1)
        limited.identity = 1
        limited.parallelMax = 2
        limited.requestsPerMinute = 3
        limited.tokensPerMinute = 4
        limited.inputTokensMax = 5
        limited.price = 13
        var zero = Candidate(deployment: 2, slot: 2)
        zero.identity = 2
        zero.parallelMax = 9
        // What is not known costs five dollars.
        zero.price = Candidate.unknownPrice / 2
        #expect(group.candidates == [plain, limited, zero])
        #expect(group.tagSets == [[], ["a", "b"]])
        #expect(group.tagSetPlaces == [0, 1, 0])
        var own = CooldownPolicy.Override()
        own.cooldownMS = 8
        var allowing = CooldownPolicy.Override()
        allowing.allowedFails = 7
        #expect(group.cooldowns == [1: own, 2: allowing])
        #expect(group.retries == [1: 4])
    }
}
