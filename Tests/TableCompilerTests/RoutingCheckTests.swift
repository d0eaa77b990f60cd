import RouteConfig
import RouteTable
import TableCompiler
import Testing

@Suite("Warnings about routing")
struct RoutingCheckTests {
    @Test(
        "say once that rpm and tpm limit nothing, unless they do",
        arguments: [
            (["rpm: 5", "rpm: 9", "timeout: 5"], "", "2 deployments: simple-shuffle takes"),
            (["tpm: 5"], "", "1 deployment: simple-shuffle takes them for shares"),
            (["rpm: 5"], "routing_strategy: least-busy", "nothing looks at them under least-busy"),
            (
                ["rpm: 5"], "routing_strategy: provider-budget-routing",
                "simple-shuffle takes them for shares"
            ),
            (["rpm: 5"], "routing_strategy: usage-based-routing-v2", nil),
            (["rpm: 5"], "routing_strategy: os.environ/STRATEGY", nil),
            (["rpm: 5"], "optional_pre_call_checks: [enforce_model_rate_limits]", nil),
            (["max_parallel_requests: 5"], "", nil), (["rpm: 0"], "", nil),
        ] as [([String], String, String?)]
    )
    func limits(params: [String], router: String, message: String?) {
        let compiled = Compiled(
            deployments: params.map { "model: openai/a, \($0)" },
            more: "router_settings: {\(router)}"
        )
        let found = compiled.messages(.unenforcedLimit)
        #expect(found.count == (message == nil ? 0 : 1))
        if let message { #expect(found.first?.contains(message) == true) }
    }

    @Test("find rpm beside litellm_params, and point to the first one")
    func olderPlace() {
        let compiled = Compiled(
            """
            model_list:
              - {model_name: a, litellm_params: {model: openai/a}}
              - {model_name: b, rpm: 5, litellm_params: {model: openai/b}}
              - {model_name: c, litellm_params: {model: openai/c, tpm: 5}}
            router_settings:
              routing_groups: [{group_name: g, models: [c], routing_strategy: least-busy}]
            """
        )
        #expect(compiled.lines(.unenforcedLimit) == [3])
        #expect(
            compiled.messages(.unenforcedLimit) == [
                "rpm and tpm limit nothing at 2 deployments: simple-shuffle takes them for "
                    + "shares, nothing looks at them under least-busy"
            ]
        )
    }

    @Test(
        "tell fallbacks that lead back from models that back each other",
        arguments: [
            ("[{a: [b]}, {b: [a]}]", []),
            ("[{a: [b, c]}, {b: [a, c]}, {c: [a, b]}]", []),
            ("[{a: [b]}, {b: [c]}]", []), ("[{a: [b, c]}, {b: [c]}]", []),
            ("[{a: [a]}]", ["a → a"]), ("[{a: [b, a]}, {b: [a]}]", ["a → a"]),
            ("[{a: [b]}, {b: [c]}, {c: [a]}]", ["a → b → c → a"]),
            ("[{c: [short]}, {a: [b]}, {b: [c]}]", ["c → a → b → c"]),
            ("[{a: [b]}, {b: [c]}, {c: [b, d]}, {d: [a]}]", []),
            ("[{a: [b]}, {b: [c]}, {c: [d]}, {d: [b]}]", ["b → c → d → b"]),
            (
                "[{a: [b]}, {b: [c]}, {c: [d]}, {d: [e]}, {e: [f]}, {f: [a]}]",
                ["a → b → c → d → … → a"]
            ),
            ("[{'*': [a]}, {a: [b]}]", []),
        ] as [(String, [String])]
    )
    func loops(rules: String, found: [String]) {
        let models = ["a", "b", "c", "d", "e", "f"].map {
            "  - {model_name: \($0), litellm_params: {model: openai/\($0)}}\n"
        }
        let compiled = Compiled(
            "model_list:\n" + models.joined()
                + "router_settings: {model_group_alias: {short: a}, fallbacks: \(rules)}"
        )
        #expect(
            compiled.messages(.fallbackLoop) == found.map { "these fallbacks lead back: \($0)" }
        )
    }

    @Test("follow each kind of fallback by itself")
    func kindsOfFallback() {
        let compiled = Compiled(
            """
            model_list:
              - {model_name: a, litellm_params: {model: openai/a}}
              - {model_name: b, litellm_params: {model: openai/b}}
            router_settings:
              fallbacks: [{a: [b]}]
              context_window_fallbacks: [{b: [a]}]
              content_policy_fallbacks: [{b: [b]}]
            """
        )
        #expect(compiled.codes == ["SG0062"])
        #expect(compiled.lines(.fallbackLoop) == [7])
    }

    @Test(
        "miss prices only where cost decides among several",
        arguments: [
            (["", ""], "cost-based-routing", 1), (["", ""], "least-busy", 0),
            ([""], "cost-based-routing", 0),
            (["input_cost_per_token: 1, output_cost_per_token: 1", ""], "least-cost", 1),
            (
                [
                    "input_cost_per_token: 0, output_cost_per_token: 0",
                    "input_cost_per_token: 1, output_cost_per_token: os.environ/PRICE",
                ], "cost-based-routing", 0
            ),
            // Embeddings have no output.
            (["input_cost_per_token: 1", "input_cost_per_token: 2"], "cost-based-routing", 0),
            (
                ["input_cost_per_token: 1, output_cost_per_token: 1", "input_cost_per_token: 2"],
                "cost-based-routing", 1
            ),
        ] as [([String], String, Int)]
    )
    func prices(params: [String], strategy: String, warnings: Int) {
        let compiled = Compiled(
            deployments: params.map { $0.isEmpty ? "model: openai/a" : "model: openai/a, \($0)" },
            more: "router_settings: {routing_strategy: \(strategy)}"
        )
        #expect(compiled.messages(.missingPrice).count == warnings)
    }

    @Test(
        "say when a check has nothing to check",
        arguments: [
            ("router_settings: {enable_pre_call_checks: true}", "", ["SG0076"]),
            (
                "router_settings: {enable_pre_call_checks: true}",
                ", model_info: {max_input_tokens: 100}", []
            ),
            ("router_settings: {enable_pre_call_checks: false}", "", []),
            ("router_settings: {enable_health_check_routing: true}", "", ["SG0076"]),
            ("general_settings: {enable_health_check_routing: true}", "", ["SG0076"]),
            (
                "general_settings: {enable_health_check_routing: true, "
                    + "background_health_checks: true}", "", []
            ),
            ("general_settings: {enable_health_check_routing: false}", "", []),
        ] as [(String, String, [String])]
    )
    func idleChecks(settings: String, info: String, codes: [String]) {
        let compiled = Compiled(
            "model_list: [{model_name: a, litellm_params: {model: openai/a}\(info)}]\n" + settings
        )
        #expect(compiled.codes == codes)
        #expect(compiled.lines(.nothingToCheck) == codes.map { _ in 2 })
    }

    @Test(
        "know where a request may lead: patterns, identifiers, provider prefixes",
        arguments: [
            ("fallbacks: [{gpt-4o: [one]}]", 0), ("fallbacks: [{openai/llama: [llama]}]", 0),
            ("fallbacks: [{mistral: [llama]}]", 0), ("fallbacks: [{llama: [mistral]}]", 1),
            ("context_window_fallbacks: [{llama: [gone]}]", 1),
            ("content_policy_fallbacks: [{gone: [llama]}]", 1),
            ("default_fallbacks: [gone, llama, lost]", 2),
        ]
    )
    func targets(rules: String, warnings: Int) {
        let compiled = Compiled(
            """
            model_list:
              - {model_name: llama, litellm_params: {model: openai/llama}, model_info: {id: one}}
              - {model_name: "openai/gpt-*", litellm_params: {model: "openai/gpt-*"}}
              - {model_name: "mistral/m*", litellm_params: {model: "mistral/m*"}}
            router_settings: {\(rules)}
            """
        )
        #expect(compiled.codes == Array(repeating: "SG0061", count: warnings))
    }
}
