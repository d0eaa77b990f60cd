import Cryptography
import RouteTable
import Routing
import Testing

@testable import TableCompiler

@Suite("Explain")
struct ExplainerTests {
    private static let config = """
        model_list:
        - model_name: llama
          litellm_params: {model: hosted_vllm/l, api_base: "http://vllm:8000/v1", weight: 3}
          model_info: {id: vllm}
        - model_name: llama
          litellm_params: {model: azure/l, api_base: os.environ/BASE, api_key: os.environ/KEY,
            weight: 1, tags: [eu]}
          model_info: {id: azure}
        - {model_name: "gpt-*", litellm_params: {model: "openai/gpt-*", api_key: sk-hunter-two}}
        - {model_name: long, litellm_params: {model: openai/long, api_key: x}}
        - {model_name: safe, litellm_params: {model: openai/safe, api_key: x}}
        - model_name: cheap
          litellm_params: {model: openai/cheap, api_key: x, input_cost_per_token: 0.000001,
            output_cost_per_token: 0.000002}
          model_info: {id: cheap-1}
        - {model_name: cheap, litellm_params: {model: openai/cheap, api_key: x}, model_info: {id: c2}}
        - {model_name: blocked, litellm_params: {model: openai/b, api_key: x}, model_info:
            {id: b1, blocked: true}}
        router_settings:
          model_group_alias: {short: llama, several: [long, "gpt-5", nothing]}
          fallbacks: [{llama: [gpt-4, safe]}, {gpt-4: [llama, cheap]}]
          context_window_fallbacks: [{llama: [long]}]
          routing_groups:
          - {group_name: g, models: [cheap], routing_strategy: cost-based-routing}
        sidegate:
          keys:
          - {hash: "\(Hex.encode(SHA256.hash("secret-one")))", alias: team-a, models: [llama, gpt-*]}
          - {hash: "\(Hex.encode(SHA256.hash("secret-two")))", alias: old, expires: 1000}
          - {hash: "\(Hex.encode(SHA256.hash("secret-three")))", alias: out, blocked: true}
        """

    private func explain(
        _ name: String,
        _ config: String = config,
        _ change: (inout ExplainQuery) -> Void = { _ in }
    ) throws -> Explanation {
        let table = try RouteTable(bytes: TableWriter.encode(Compiled(config).contents))
        var query = ExplainQuery(name: name)
        query.now = 2_000
        change(&query)
        return try Explainer.explain(query, table: table)
    }

    /// A group of deployments with these `litellm_params` by their identifiers.
    private func group(
        _ deployments: [(String, String)],
        _ router: String = "",
        _ change: (inout ExplainQuery) -> Void = { _ in }
    ) throws -> Explanation.Group {
        let entries = deployments.map { id, params in
            "- {model_name: g, litellm_params: {model: openai/m, api_key: x, \(params)}, "
                + "model_info: {id: \(id)}}\n"
        }
        let config = "model_list:\n\(entries.joined())router_settings: {\(router)}\n"
        return try #require(try explain("g", config, change).groups.first)
    }

    /// The state of these endpoints.
    private func state(_ endpoints: [RoutingStateJSON.Endpoint]) -> RoutingStateJSON {
        var state = RoutingStateJSON(time: "", minute: 5)
        state.endpoints = endpoints
        return state
    }

    private func endpoint(
        _ deployment: String,
        _ change: (inout RoutingStateJSON.Endpoint) -> Void
    ) -> RoutingStateJSON.Endpoint {
        var endpoint = RoutingStateJSON.Endpoint(deployment: deployment)
        change(&endpoint)
        return endpoint
    }

    // MARK: Names

    @Test(
        "says how a name is resolved",
        arguments: [
            ("llama", .model, ["llama"]), ("short", .alias(["llama"]), ["llama"]),
            ("several", .alias(["long", "gpt-5", "nothing"]), ["long", "gpt-*"]),
            ("azure", .deployment(model: "llama"), ["llama"]),
            ("gpt-4", .pattern("gpt-*", captures: ["4"]), ["gpt-*"]),
        ] as [(String, Explanation.Resolution, [String])]
    )
    func resolution(
        name: String,
        expected: Explanation.Resolution,
        groups: [String]
    ) throws {
        let found = try explain(name)
        #expect(found.resolution == expected)
        #expect(found.groups.map(\.model) == groups)
    }

    @Test(
        "says what is near an unknown name",
        arguments: [
            ("lama", ["llama"]), ("saef", ["safe"]), ("LLAMA", []), ("shrot", ["short"]),
            ("something-else", []),
        ]
    )
    func unknown(name: String, nearest: [String]) {
        #expect(throws: ExplainError.unknownModel(name: name, nearest: nearest)) {
            try explain(name)
        }
    }

    // MARK: Candidates

    @Test("lists the candidates in their order, with the share of each")
    func shares() throws {
        let found = try explain("llama").groups[0]
        #expect(found.strategy == .simpleShuffle)
        #expect(found.candidates.map(\.deployment) == ["vllm", "azure"])
        #expect(abs(found.candidates[0].share - 0.75) < 0.01)
        #expect(abs(found.candidates[1].share - 0.25) < 0.01)
        #expect(found.candidates.map(\.upstream) == ["hosted_vllm/l", "azure/l"])
        #expect(found.candidates.map(\.base) == ["http://vllm:8000/v1", "os.environ/BASE"])
        #expect(found.candidates.map(\.needs) == [[], ["BASE", "KEY"]])
        #expect(found.candidates[0].facts == ["weight 3"])
        #expect(found.leftOut.isEmpty)
        #expect(found.outcome == nil)
    }

    @Test("names the upstream's model by what a pattern took")
    func captures() throws {
        let found = try explain("gpt-4").groups[0].candidates[0]
        #expect(found.upstream == "openai/gpt-4")
    }

    @Test("tries orders one after the other")
    func orders() throws {
        let found = try group([("none", "rpm: 1"), ("second", "order: 2"), ("first", "order: 1")])
        #expect(found.candidates.map(\.deployment) == ["first", "second", "none"])
        #expect(found.candidates.map(\.share) == [1, 0, 0])
    }

    @Test("goes by the strategy of the group")
    func strategy() throws {
        let found = try explain("cheap").groups[0]
        #expect(found.strategy == .costBased)
        #expect(found.candidates.map(\.deployment) == ["cheap-1", "c2"])
        #expect(found.candidates[0].facts == ["3 $ for a million tokens in and out each"])
        #expect(found.candidates[1].facts == ["price unknown"])
    }

    @Test("pins a deployment that is named")
    func pinned() throws {
        let found = try explain("azure").groups[0]
        #expect(found.candidates.map(\.deployment) == ["azure"])
        #expect(found.candidates.map(\.share) == [1])
        #expect(found.leftOut.isEmpty)
    }

    @Test("leaves out what the sidecar leaves out, and says why")
    func leftOut() throws {
        let found = try explain("blocked").groups[0]
        #expect(found.candidates.isEmpty)
        #expect(found.leftOut == [.init(deployment: "b1", endpoint: "", reason: "blocked")])
        #expect(found.outcome == "no deployment can be used")
        let tagged = try group(
            [("eu", "tags: [eu]"), ("us", "tags: [us, x]"), ("any", "rpm: 1")],
            "enable_tag_filtering: true"
        ) { $0.tags = ["eu"] }
        #expect(tagged.candidates.map(\.deployment) == ["eu"])
        #expect(tagged.leftOut.map(\.reason) == ["its tags are us, x", "it has no tags"])
        let config = """
            model_list:
            - model_name: g
              litellm_params: {model: openai/m, api_key: x}
              model_info: {id: short, max_input_tokens: 5}
            - model_name: g
              litellm_params: {model: openai/m, api_key: x}
              model_info: {id: long, max_input_tokens: 50}
            router_settings: {enable_pre_call_checks: true}
            """
        let long = try explain("g", config) { $0.inputTokens = 6 }.groups[0]
        #expect(long.candidates.map(\.deployment) == ["long"])
        #expect(long.leftOut.map(\.reason) == ["it takes 5 input tokens"])
        let longest = try explain("g", config) { $0.inputTokens = 60 }.groups[0]
        #expect(longest.outcome == "the prompt is too long for all: 400")
        #expect(longest.leftOut.count == 2)
    }

    @Test("says what a request gets that no tag lets in")
    func nothing() throws {
        let found = try group([("d", "tags: [a]")], "enable_tag_filtering: true") {
            $0.tags = ["b"]
        }
        #expect(found.outcome == "no tag matches: 401")
        #expect(found.leftOut.map(\.reason) == ["its tags are a"])
    }

    @Test("counts those that would be too many to list")
    func many() throws {
        let found = try group((0..<60).map { ("d\($0)", "rpm: 1") })
        #expect(found.candidates.count == 50)
        #expect(found.unlistedCount == 10)
        #expect(ExplanationText.render(try explain("llama")).contains("more") == false)
    }

    // MARK: State

    @Test("goes by what the fleet had told")
    func fleet() throws {
        let busy = try group([("a", ""), ("b", "")], "routing_strategy: least-busy") { query in
            query.state = state([
                endpoint("a") { $0.othersInFlight = 4 },
                endpoint("b") { $0.inFlight = 3 },
            ])
        }
        #expect(busy.candidates.map(\.share) == [1, 0])
        #expect(
            busy.candidates.map(\.facts) == [
                ["3 in flight"], ["0 in flight", "4 of other sidecars"],
            ]
        )
        let strategy = "routing_strategy: latency-based-routing"
        let quick = try group([("a", ""), ("b", "")], strategy) { query in
            query.state = state([
                endpoint("a") {
                    $0.token = RoutingStateJSON.Latency(seconds: 0.001, ageMS: 5)
                    $0.fleetToken = 2
                },
                endpoint("b") { $0.fleetToken = 1 },
            ])
        }
        #expect(quick.candidates.map(\.deployment) == ["b", "a"])
        #expect(
            quick.candidates.last?.facts
                == ["0 in flight", "1 ms a token", "2000 ms a token in the fleet"]
        )
    }

    @Test("routes in the state that a sidecar was in")
    func states() throws {
        let deployments = [("a", "max_parallel_requests: 2"), ("b", "rpm: 1")]
        let found = try group(deployments, "routing_strategy: least-busy") { query in
            query.state = state([
                endpoint("a") {
                    $0.endpoint = "10.0.0.1:80"
                    $0.inFlight = 2
                },
                endpoint("a") {
                    $0.endpoint = "10.0.0.2:80"
                    $0.inFlight = 1
                },
                endpoint("a") {
                    $0.endpoint = "10.0.0.3:80"
                    $0.cooldownMS = 3_100
                },
                endpoint("b") {
                    $0.health = .unhealthy
                    $0.healthReason = "503"
                    $0.warmingMS = 1_500
                },
            ])
        }
        #expect(found.candidates.map(\.endpoint) == ["10.0.0.2:80"])
        #expect(found.candidates.map(\.share) == [1])
        #expect(found.candidates.map(\.facts) == [["1 in flight of at most 2"]])
        #expect(
            found.leftOut == [
                .init(
                    deployment: "a",
                    endpoint: "10.0.0.1:80",
                    reason: "full: 2 of 2 in flight"
                ), .init(deployment: "a", endpoint: "10.0.0.3:80", reason: "it cools for 3.1 s"),
                .init(deployment: "b", endpoint: "", reason: "a health check found it dead: 503"),
            ]
        )
        // Alone, it is tried all the same.
        let alone = try group([("b", "rpm: 1")]) { query in
            query.state = state([
                endpoint("b") {
                    $0.health = .unhealthy
                    $0.warmingMS = 1_500
                }
            ])
        }
        #expect(
            alone.candidates.map(\.facts) == [
                ["0 in flight", "found dead", "new: has its full share in 1.5 s"]
            ]
        )
    }

    @Test("says what is waited for when nothing is left")
    func waits() throws {
        func outcome(_ change: (inout RoutingStateJSON.Endpoint) -> Void) throws -> String? {
            try group([("a", "max_parallel_requests: 2")]) { query in
                query.state = state([endpoint("a", change)])
            }.outcome
        }
        #expect(try outcome { $0.inFlight = 2 } == "all are full: the request waits for room")
        #expect(try outcome { $0.cooldownMS = 2_000 }?.hasSuffix("waits for 2 s") == true)
        let probing = try outcome {
            $0.isHalfOpen = true
            $0.isProbing = true
        }
        #expect(probing?.hasSuffix("waits for a trial to end") == true)
        #expect(try outcome { $0.isHalfOpen = true } == nil)
    }

    @Test("counts the minute of the state")
    func minutes() throws {
        let found = try group(
            [("a", "rpm: 2, tpm: 100"), ("b", "rpm: 3")],
            "routing_strategy: usage-based-routing-v2"
        ) { query in
            query.state = state([
                endpoint("a") {
                    $0.use.requests = 1
                    $0.use.tokens = 100
                }, endpoint("b") { $0.use.requests = 1 },
            ])
        }
        #expect(found.candidates.map(\.deployment) == ["b"])
        #expect(
            found.leftOut.map(\.reason) == [
                "spent: 1 of 2 requests this minute, 100 of 100 tokens this minute"
            ]
        )
    }

    @Test("sends a prompt where its beginning leads, and all prompts everywhere")
    func prompts() throws {
        let deployments = [("a", "rpm: 1"), ("b", "rpm: 1"), ("c", "rpm: 1")]
        let router = "routing_strategy: prefix-affinity"
        let any = try group(deployments, router)
        #expect(any.candidates.allSatisfy { abs($0.share - 1 / 3) < 0.02 })
        #expect(any.arguments == ["prefix_bytes 512", "load_factor 1.25"])
        let one = try group(deployments, router) {
            $0.prompt = Array(#"{"messages":[{"content":"x"}]}"#.utf8)
        }
        #expect(one.candidates.map(\.share) == [1, 0, 0])
        #expect(throws: ExplainError.self) {
            try group(deployments, router) { $0.prompt = Array("text".utf8) }
        }
    }

    // MARK: Settings

    @Test("says how often, how long and when a deployment cools")
    func settings() throws {
        let found = try group(
            [
                ("a", "timeout: 30, num_retries: 7, cooldown_time: 60"),
                ("b", "stream_timeout: 2.5"),
            ],
            """
            num_retries: 4, retry_after: 1, allowed_fails: 5, cooldown_time: 9, \
            retry_policy: {TimeoutErrorRetries: 1}, allowed_fails_policy: {RateLimitErrorAllowedFails: 2}
            """
        )
        #expect(found.retries.count == 4)
        #expect(found.retries.byKind == [.init(name: "TimeoutError", count: 1)])
        #expect(found.retries.ofDeployments == [.init(name: "a", count: 7)])
        #expect(found.retries.waitMinMS == 1_000)
        #expect(found.times.attempts.map(\.deployment) == ["a", "b"])
        #expect(found.times.attempts.map(\.attempt.wholeMS) == [30_000, 600_000])
        #expect(found.times.attempts.map(\.attempt.firstByteMS) == [30_000, 2_500])
        #expect(found.cooldown.milliseconds == 9_000)
        #expect(found.cooldown.allowedFails == 5)
        #expect(found.cooldown.byKind == [.init(name: "RateLimitError", count: 2)])
        #expect(found.cooldown.overrides.map(\.milliseconds) == [60_000])
        #expect(found.worstCase.attempts == 8)
    }

    @Test("lists fallbacks by the kind of failure, depth first, each once")
    func fallbacks() throws {
        let found = try explain("llama").fallbacks
        #expect(
            found == [
                .init(failure: .any, names: ["gpt-4", "cheap", "safe"]),
                .init(failure: .contextWindow, names: ["long"]),
            ]
        )
        #expect(try explain("safe").fallbacks.first?.names == [])
        #expect(try explain("safe").fallbacks.count == 1)
    }

    // MARK: Keys

    @Test(
        "says whether a key may use the model",
        arguments: [
            ("team-a", "llama", nil), ("team-a", "gpt-4", nil),
            ("team-a", "short", "its models do not include it"),
            ("old", "llama", "it has expired"), ("out", "llama", "it is blocked"),
            (Hex.encode(SHA256.hash("secret-one")), "llama", nil),
        ] as [(String, String, String?)]
    )
    func keys(key: String, model: String, refusal: String?) throws {
        let found = try explain(model) { $0.key = key }
        #expect(found.key?.refusal == refusal)
        #expect(ExplanationText.render(found).contains("key \(found.key?.label ?? "")"))
    }

    @Test("knows no key by itself, and does not repeat what it was given")
    func unknownKey() {
        for key in ["secret-one", "nobody", String(repeating: "0", count: 64)] {
            let error = #expect(throws: ExplainError.unknownKey) {
                try explain("llama") { $0.key = key }
            }
            #expect(error?.description.contains(key) == false)
        }
    }
}
