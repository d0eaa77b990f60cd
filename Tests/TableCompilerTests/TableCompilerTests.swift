import ProviderData
import RouteConfig
import RouteTable
import TableCompiler
import Testing

@Suite("Compiling to a table's contents")
struct TableCompilerTests {
    @Test("derives LiteLLM's default identifier")
    func identifier() throws {
        let compiled = Compiled(
            """
            model_list:
              - model_name: vllm-mock
                litellm_params:
                  model: hosted_vllm/meta-llama/Llama-3-8B
                  api_base: http://127.0.0.1:9901/v1
            """
        )
        let id = try #require(compiled.deployments.first?.id)
        #expect(id.text.hasPrefix("fd22bbad6d7b"))
        #expect(compiled.contents.generation == 7)
    }

    @Test("groups entries by name, in order, and reports equal identifiers")
    func groups() {
        let compiled = Compiled(
            """
            model_list:
              - {model_name: a, litellm_params: {model: openai/x}, model_info: {id: one}}
              - {model_name: b, litellm_params: {model: openai/x}}
              - {model_name: a, litellm_params: {model: openai/y}, model_info: {id: one}}
              - {model_name: b, litellm_params: {model: openai/x}}
            """
        )
        #expect(compiled.contents.models.map(\.name) == ["a", "b"])
        #expect(
            compiled.contents.models.map { $0.deployments.map(\.upstreamModel) }
                == [[.literal("x"), .literal("y")], [.literal("x"), .literal("x")]]
        )
        #expect(compiled.codes == ["SG0070", "SG0070"])
        let ids = compiled.contents.models.flatMap { $0.deployments.map(\.id) }
        #expect(Set(ids).count == 4)
        #expect(ids[1] == .explicit("one-2"))
    }

    @Test(
        "weighs by the first of weight, rpm, tpm that any deployment has",
        arguments: [
            (["model: openai/a", "model: openai/b"], [1000, 1000], 0),
            (["model: openai/a, weight: 2", "model: openai/b, weight: 0.5"], [2000, 500], 0),
            (["model: openai/a, rpm: 5", "model: openai/b, weight: 1"], [0, 1000], 1),
            (["model: openai/a, rpm: 5, tpm: 9", "model: openai/b, rpm: 7"], [5000, 7000], 0),
            (
                ["model: openai/a, tpm: 10000000", "model: openai/b, tpm: 5000000"],
                [4_294_967_295, 2_147_483_648], 0
            ),
            (["model: openai/a, weight: 0", "model: openai/b, weight: 0"], [1000, 1000], 1),
        ] as [([String], [UInt32], Int)]
    )
    func weights(deployments: [String], weights: [UInt32], warnings: Int) {
        let compiled = Compiled(deployments: deployments)
        #expect(compiled.deployments.map(\.weight) == weights)
        #expect(compiled.lines(.zeroWeight).count == warnings)
    }

    @Test(
        "takes rpm and tpm for shares under simple-shuffle only, also where that replaces another",
        arguments: [
            ("usage-based-routing-v2", [1000, 1000]), ("least-busy", [1000, 1000]),
            ("simple-shuffle", [5000, 0]), ("provider-budget-routing", [5000, 0]),
        ] as [(String, [UInt32])]
    )
    func strategies(strategy: String, weights: [UInt32]) {
        let compiled = Compiled(
            deployments: ["model: openai/a, rpm: 5", "model: openai/b"],
            more: "router_settings: {routing_strategy: \(strategy)}"
        )
        #expect(compiled.deployments.map(\.weight) == weights)
    }

    @Test(
        "decides the provider, or says why not",
        arguments: [
            ("model: openai/gpt-4o", 1, []), ("model: gpt-4o", 1, []),
            ("model: vertex_ai/gemini", 200, ["SG0041"]),
            ("model: vllm/phi", nil, ["SG0042"]),
            ("model: vllm/phi, api_base: 'http://h/v1'", 20, []),
            ("model: google/gemini", nil, ["SG0040"]), ("model: my-own", nil, ["SG0040"]),
            ("model: os.environ/MODEL", 0, []), ("model: '*'", 0, []),
            ("model: hosted_vllm/x", 20, ["SG0043"]),
            ("model: azure/x, api_base: os.environ/BASE", 3, []),
            ("model: anything, mock_response: pong", 8, []),
        ] as [(String, UInt16?, [String])]
    )
    func providers(params: String, code: UInt16?, codes: [String]) {
        let compiled = Compiled(deployments: [params])
        #expect(compiled.deployments.first?.provider == code)
        #expect(compiled.codes == codes)
    }

    @Test("stores equal credentials once and joins named ones with a deployment's own")
    func credentials() {
        let compiled = Compiled(
            deployments: [
                "model: openai/a, api_key: os.environ/K", "model: openai/b, api_key: os.environ/K",
                "model: openai/c, litellm_credential_name: main",
                "model: openai/d, litellm_credential_name: main, api_key: os.environ/K",
                "model: openai/e", "model: openai/f, litellm_credential_name: gone",
            ],
            more: """
                credential_list:
                  - credential_name: main
                    credential_values: {api_key: os.environ/M, api_version: "v", api_base: http://h}
                """
        )
        #expect(compiled.deployments.map(\.credential) == [1, 1, 0, 2, nil, nil])
        #expect(
            compiled.deployments.map(\.apiBase)
                == [nil, nil, .literal("http://h"), .literal("http://h"), nil, nil]
        )
        let merged = compiled.contents.credentials[2].parameters
        #expect(merged[.apiVersion] == .text(.literal("v")))
        #expect(
            merged[.apiKey]
                == .text(.reference(Reference(kind: .environment, name: "K", isSecret: true)))
        )
        #expect(compiled.codes == ["SG0045"])
    }

    @Test("stores a literal master key as digest only, a reference as reference")
    func masterKey() {
        let literal = Compiled("general_settings: {master_key: sk-1234}").contents.settings
        #expect(literal[.masterKey] == nil)
        guard case .digest(let digest)? = literal[.masterKeyDigest] else {
            Issue.record("\(literal)")
            return
        }
        #expect(digest.prefix(4) == [0x88, 0xdc, 0x28, 0xd0])
        let reference = Compiled("general_settings: {master_key: os.environ/K}").contents.settings
        #expect(
            reference == [
                .masterKey: .text(
                    .reference(Reference(kind: .environment, name: "K", isSecret: true))
                )
            ]
        )
    }

    @Test("warns of names that lead nowhere, and knows patterns")
    func dangling() {
        let compiled = Compiled(
            """
            model_list: [{model_name: "gpt-*", litellm_params: {model: "openai/gpt-*"}}]
            router_settings:
              model_group_alias: {good: gpt-4, bad: claude, "gpt-*": gpt-4}
              fallbacks: [{gpt-4: [good, gone]}, {nobody: [gpt-4]}, {gpt-4: [good]}]
              default_fallbacks: [good]
            """
        )
        #expect(compiled.codes.filter { $0 == "SG0061" }.count == 3)
        #expect(compiled.codes.filter { $0 == "SG0026" }.count == 2)
        #expect(compiled.contents.aliases.map(\.name) == ["good", "bad"])
        #expect(compiled.contents.fallbacks.count == 3)
    }

    @Test("never prints a secret")
    func masks() throws {
        let compiled = Compiled(
            deployments: [
                "model: openai/a, api_key: hunter22, extra_headers: {X-Api-Key: hunter22}"
            ],
            more: """
                router_settings: {redis_password: hunter22}
                litellm_settings: {cache_params: {password: hunter22, host: h}}
                environment_variables: {DB_PASSWORD: hunter22}
                """
        )
        let bytes = try TableWriter.encode(compiled.contents)
        let contents = try RouteTable(bytes: bytes).contents()
        let printed =
            TableText.render(contents, TableFacts(digest: ""))
            + TableJSON.render(contents, TableFacts(digest: ""))
        #expect(!printed.contains("hunter22"))
        #expect(printed.contains("***"))
        #expect(contents.models == compiled.contents.models)
    }
}
