import RouteConfig
import RouteTable
import Testing

@Suite("Strategies and routing groups")
struct RoutingSettingsTests {
    private func settings(_ router: String) -> Decoded {
        Decoded("router_settings: {\(router)}")
    }

    @Test(
        "know the strategies, and take other names for them",
        arguments: [
            ("simple-shuffle", "simple-shuffle", nil), ("least-busy", "least-busy", nil),
            ("usage-based-routing", "usage-based-routing", nil),
            ("usage-based-routing-v2", "usage-based-routing-v2", nil),
            ("latency-based-routing", "latency-based-routing", nil),
            ("cost-based-routing", "cost-based-routing", nil),
            ("power-of-two", "power-of-two", nil), ("prefix-affinity", "prefix-affinity", nil),
            ("least-cost", "cost-based-routing", "warning SG0051 1:37"),
            ("latency-based", "latency-based-routing", "warning SG0051 1:37"),
            ("usage-based", "usage-based-routing", "warning SG0051 1:37"),
            ("provider-budget-routing", "simple-shuffle", "warning SG0021 1:37"),
            ("lar1", "simple-shuffle", "warning SG0021 1:37"),
            ("priority", nil, "error SG0050 1:37"), ("fastest", nil, "error SG0050 1:37"),
        ] as [(String, String?, String?)]
    )
    func strategies(name: String, used: String?, reported: String?) {
        let decoded = settings("routing_strategy: \(name)")
        #expect(decoded.config.settings[.strategy] == used.map { .text(.literal($0)) })
        #expect(decoded.reported == (reported.map { [$0] } ?? []))
    }

    @Test(
        "store the arguments that a strategy takes, as numbers, and leave out the rest",
        arguments: [
            (
                "latency-based-routing", "lowest_latency_buffer: 0.5",
                #"{"lowest_latency_buffer":0.5}"#
            ),
            ("latency-based-routing", "ttl: '60'", #"{"ttl":60}"#),
            ("latency-based-routing", "ttl: 0", nil), ("latency-based-routing", "ttl: soon", nil),
            ("latency-based-routing", "lowest_latency_buffer: -1", nil),
            (
                "latency-based-routing", "{max_latency_list_size: 100, ttl: 1}",
                #"{"max_latency_list_size":100,"ttl":1}"#
            ),
            ("latency-based-routing", "max_latency_list_size: 0", nil),
            ("latency-based-routing", "max_latency_list_size: 2.5", nil),
            ("latency-based-routing", "ttft_percentile: 0.9", nil),
            ("prefix-affinity", "prefix_bytes: 16", #"{"prefix_bytes":16}"#),
            ("prefix-affinity", "prefix_bytes: 65536", #"{"prefix_bytes":65536}"#),
            ("prefix-affinity", "prefix_bytes: 15", nil),
            ("prefix-affinity", "prefix_bytes: 65537", nil),
            ("prefix-affinity", "load_factor: 1.25", #"{"load_factor":1.25}"#),
            ("prefix-affinity", "load_factor: 0.9", nil),
            ("prefix-affinity", "load_factor: 11", nil),
            ("usage-based-routing-v2", "ttl: 60", nil), ("least-busy", "ttl: 60", nil),
            ("least-busy", "anything: 60", nil),
        ] as [(String, String, String?)]
    )
    func arguments(strategy: String, arguments: String, stored: String?) {
        let mapping = arguments.hasPrefix("{") ? arguments : "{\(arguments)}"
        let decoded = settings(
            "routing_strategy_args: \(mapping), routing_strategy: \(strategy)"
        )
        let found = decoded.config.settings[.strategyArguments]
        #expect(found == stored.map { .json([.literal($0)]) })
        #expect(decoded.sink.warningCount == (stored == nil ? 1 : 0))
    }

    @Test("leave a reference among the arguments to the sidecar")
    func references() {
        let decoded = settings(
            "routing_strategy: os.environ/S, routing_strategy_args: {ttl: os.environ/T}"
        )
        let reference = Reference(kind: .environment, name: "T", isSecret: false)
        #expect(
            decoded.config.settings[.strategyArguments]
                == .json([.literal("{\"ttl\":"), .reference(reference), .literal("}")])
        )
        #expect(decoded.reported == [])
    }

    @Test("read routing groups, and sort the models of a priority group")
    func groups() throws {
        let decoded = settings(
            """
            routing_groups: [
              {group_name: fast, models: [a, b, a], routing_strategy: latency-based-routing,
               routing_strategy_args: {ttl: 60}},
              {group_name: plain, models: [c], routing_strategy: least-busy},
              {group_name: chain, models: [a, b, c], routing_strategy: priority,
               model_priorities: {a: 3, b: 1, c: 2}}]
            """
        )
        let groups = decoded.config.routingGroups
        try #require(groups.count == 3)
        #expect(groups.map(\.name.value) == ["fast", "plain", "chain"])
        #expect(groups.map { $0.models.map(\.value) } == [["a", "b"], ["c"], ["b", "c", "a"]])
        #expect(
            groups.map(\.strategy)
                == [.literal("latency-based-routing"), .literal("least-busy"), nil]
        )
        #expect(
            groups.map(\.arguments) == [
                [.literal(#"{"ttl":60}"#)], [.literal("{}")], [.literal("{}")],
            ]
        )
        #expect(decoded.reported == [])
    }
}

@Suite("Settings of routing that have a place in the table")
struct RoutingKeyTests {
    @Test(
        "are stored in the table's units",
        arguments: [
            (
                "general_settings: {max_queued_requests_per_worker: 0}", .queuedRequestsMax,
                .integer(0)
            ),
            (
                "general_settings: {health_check_concurrency: 4}", .healthCheckConcurrency,
                .integer(4)
            ),
            (
                "general_settings: {enable_health_check_routing: no}",
                .isHealthCheckRoutingEnabled, .bool(false)
            ),
            (
                "router_settings: {health_check_staleness_threshold: 1.5}",
                .healthCheckStalenessMS, .integer(1500)
            ),
            (
                "general_settings: {health_check_staleness_threshold: 9}\n"
                    + "router_settings: {health_check_staleness_threshold: 2}",
                .healthCheckStalenessMS, .integer(2000)
            ),
            ("router_settings: {num_retries: 100}", .numRetries, .integer(100)),
            ("router_settings: {num_retries: 0}", .numRetries, .integer(0)),
            ("router_settings: {cooldown_time: 86400}", .cooldownMS, .integer(86_400_000)),
            ("router_settings: {cooldown_time: 0}", .cooldownMS, .integer(0)),
            ("router_settings: {max_fallbacks: 0}", .maxFallbacks, .integer(0)),
        ] as [(String, ParameterKey, ParameterValue)]
    )
    func stored(text: String, key: ParameterKey, value: ParameterValue) {
        let decoded = Decoded(text)
        #expect(decoded.config.settings == [key: value])
        #expect(decoded.reported == [])
    }

    @Test(
        "are kept within what can be meant, and it is said",
        arguments: [
            ("num_retries: 101", .numRetries, .integer(100), "SG0074"),
            ("max_fallbacks: 101", .maxFallbacks, .integer(100), "SG0074"),
            ("cooldown_time: 86401", .cooldownMS, .integer(86_400_000), "SG0074"),
            ("timeout: 0", .timeoutMS, nil, "SG0074"),
            ("stream_timeout: 0.0001", .streamTimeoutMS, nil, "SG0074"),
            ("default_max_parallel_requests: 0", .parallelRequestsMax, nil, "SG0073"),
            (
                "retry_policy: {TimeoutErrorRetries: 101}", .retryPolicy,
                .list([.literal("TimeoutErrorRetries"), .literal("100")]), "SG0074"
            ),
        ] as [(String, ParameterKey, ParameterValue?, String)]
    )
    func bounded(text: String, key: ParameterKey, value: ParameterValue?, code: String) {
        let decoded = Decoded("router_settings: {\(text)}")
        #expect(decoded.config.settings[key] == value)
        #expect(decoded.sink.diagnostics.map(\.code.text) == [code])
        #expect(decoded.sink.diagnostics.allSatisfy { $0.hint != nil })
    }

    @Test("do not let a key of a client have a budget that nothing keeps, not even of 0")
    func virtualKeys() {
        let decoded = Decoded("sidegate: {keys: [{key: os.environ/K, max_budget: 0}]}")
        #expect(decoded.reported == ["error SG0028 1:39"])
    }

    @Test("take a queue of 0 among the limits, and nothing else of 0")
    func limits() {
        let queue = Decoded("sidegate: {limits: {queued_requests: 0}}")
        #expect(queue.reported == [])
        let wait = Decoded("sidegate: {limits: {queue_timeout_ms: 0}}")
        #expect(wait.reported == ["error SG0022 1:39"])
    }
}
