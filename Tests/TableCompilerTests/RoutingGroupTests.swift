import RouteConfig
import RouteTable
import TableCompiler
import Testing

@Suite("Routing groups in the table")
struct RoutingGroupTests {
    private static let models = """
        model_list:
          - {model_name: a, litellm_params: {model: openai/a}}
          - {model_name: b, litellm_params: {model: openai/b}}
          - {model_name: c, litellm_params: {model: openai/c}}

        """

    private func compile(_ groups: String, more: String = "") -> Compiled {
        Compiled(Self.models + "router_settings: {\(more)routing_groups: [\(groups)]}")
    }

    @Test("give each of their models its strategy and arguments, and leave the others alone")
    func parameters() {
        let compiled = compile(
            """
            {group_name: g, models: [a, b], routing_strategy: latency-based-routing,
             routing_strategy_args: {ttl: 60}},
            {group_name: h, models: [c], routing_strategy: least-busy}
            """,
            more: "routing_strategy: cost-based-routing, "
        )
        let latency: ParameterSet = [
            .strategy: .text(.literal("latency-based-routing")),
            .strategyArguments: .json([.literal(#"{"ttl":60}"#)]),
        ]
        // Without arguments the table's own, which are for another strategy, must not count.
        let busy: ParameterSet = [
            .strategy: .text(.literal("least-busy")), .strategyArguments: .json([.literal("{}")]),
        ]
        #expect(compiled.contents.models.map(\.parameters) == [latency, latency, busy])
        #expect(
            compiled.contents.settings == [.strategy: .text(.literal("cost-based-routing"))]
        )
        #expect(compiled.codes == [])
    }

    @Test("keep what model_group_retry_policy says of the same model")
    func besideRetryPolicy() {
        let compiled = compile(
            "{group_name: g, models: [a], routing_strategy: least-busy}",
            more: "model_group_retry_policy: {a: {TimeoutErrorRetries: 5}}, "
        )
        #expect(
            Set(compiled.contents.models[0].parameters.keys)
                == [.strategy, .strategyArguments, .retryPolicy]
        )
    }

    @Test("count once for a model in two of them, and say which one")
    func twice() throws {
        let compiled = compile(
            """
            {group_name: g, models: [a, gone], routing_strategy: least-busy},
            {group_name: h, models: [b, a], routing_strategy: power-of-two}
            """
        )
        let strategies = compiled.contents.models.map { $0.parameters[.strategy] }
        #expect(
            strategies
                == [.text(.literal("least-busy")), .text(.literal("power-of-two")), nil]
        )
        #expect(compiled.codes == ["SG0061", "SG0026"])
        #expect(compiled.sink.diagnostics[1].hint == "g counts; LiteLLM does not start")
    }

    @Test("of the strategy priority are aliases for their models in order")
    func priority() {
        let compiled = compile(
            """
            {group_name: chain, models: [a, b], routing_strategy: priority,
             model_priorities: {a: 2, b: 1}},
            {group_name: g, models: [a], routing_strategy: least-busy},
            {group_name: c, models: [a], routing_strategy: priority, model_priorities: {a: 1}},
            {group_name: old, models: [gone], routing_strategy: priority,
             model_priorities: {gone: 1}}
            """,
            more: "model_group_alias: {old: a}, "
        )
        #expect(
            compiled.contents.aliases
                == [Alias(name: "old", targets: ["a"]), Alias(name: "chain", targets: ["b", "a"])]
        )
        #expect(compiled.contents.models[1].parameters == [:])
        // `c` is a model, `old` an alias, and `gone` nothing.
        #expect(compiled.codes == ["SG0026", "SG0026", "SG0061"])
    }

    @Test("decide for each model whether weights, rpm and tpm are shares")
    func weights() {
        let compiled = Compiled(
            """
            model_list:
              - {model_name: a, litellm_params: {model: openai/a, rpm: 5}}
              - {model_name: a, litellm_params: {model: openai/b, rpm: 10}}
              - {model_name: b, litellm_params: {model: openai/a, rpm: 5}}
              - {model_name: b, litellm_params: {model: openai/b, rpm: 10}}
              - {model_name: c, litellm_params: {model: openai/a, rpm: 5}}
              - {model_name: c, litellm_params: {model: openai/b, rpm: 10}}
            router_settings:
              routing_strategy: usage-based-routing
              optional_pre_call_checks: [enforce_model_rate_limits]
              routing_groups:
                - {group_name: g, models: [a], routing_strategy: simple-shuffle}
                - {group_name: h, models: [b], routing_strategy: os.environ/STRATEGY}
            """
        )
        // What is known only at load may turn out to be simple-shuffle.
        #expect(
            compiled.contents.models.map { $0.deployments.map(\.weight) }
                == [[5000, 10_000], [5000, 10_000], [1000, 1000]]
        )
        #expect(compiled.codes == [])
    }

    @Test("weigh only what is drawn from together: the deployments of one order")
    func orders() {
        let compiled = Compiled(
            deployments: [
                "model: openai/a, order: 1", "model: openai/b, order: 1",
                "model: openai/c, order: 2, weight: 3", "model: openai/d, order: 2",
                "model: openai/e, tpm: 7",
            ],
            more: "router_settings: {optional_pre_call_checks: [enforce_model_rate_limits]}"
        )
        #expect(compiled.deployments.map(\.weight) == [1000, 1000, 3000, 0, 7000])
        #expect(compiled.codes == ["SG0071"])
        #expect(compiled.lines(.zeroWeight) == [5])
    }
}
