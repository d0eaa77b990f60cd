import Cryptography
import RouteConfig
import RouteTable
import TestSupport
import Testing

@testable import TableCompiler

@Suite("A table as a configuration")
struct ConfigYAMLTests {
    /// The table's bytes, and those of the table that its configuration gives.
    private func thereAndBack(_ text: String) throws -> (first: [UInt8], again: [UInt8], String) {
        let first = Compiled(text)
        let errors = first.sink.diagnostics.filter { $0.severity == .error }
        try #require(errors.isEmpty, "\(errors.map(\.message))\n\(text)")
        let bytes = try TableWriter.encode(first.contents)
        let contents = try RouteTable(bytes: bytes).contents()
        let yaml = ConfigYAML.render(contents, revealsSecrets: true)
        let again = Compiled(yaml)
        let broken = again.sink.diagnostics.filter { $0.severity == .error }
        #expect(broken.isEmpty, "\(broken.map(\.message))\n\(yaml)")
        return (bytes, try TableWriter.encode(again.contents), yaml)
    }

    @Test("gives the same table, whatever is configured")
    func random() throws {
        var config = RandomConfig(SeededRandom.make())
        for _ in 0..<100 {
            let text = config.text()
            let (first, again, yaml) = try thereAndBack(text)
            let isSame = first == again
            try #require(isSame, "of\n\(text)\ncame\n\(yaml)")
        }
    }

    @Test("is made by a generator that leaves no parameter out")
    func generator() {
        var config = RandomConfig(SeededRandom.make())
        var missing = Set(ParameterKey.allCases)
        for _ in 0..<300 where !missing.isEmpty {
            let contents = Compiled(config.text()).contents
            var sets = [contents.settings]
            sets += contents.credentials.map(\.parameters) + contents.virtualKeys.map(\.parameters)
            for model in contents.models {
                sets += [model.parameters] + model.deployments.map(\.parameters)
            }
            for set in sets { missing.subtract(set.keys) }
        }
        // Those that the format reserves, and the sidecar's own answers.
        let never: Set<ParameterKey> = [
            .inputTokensPerMinute, .outputTokensPerMinute, .tagPatterns, .teamID,
            .supportedEnvironments, .dialect, .maxRetries, .isHidden, .weightedFailover,
            .providerBudgets, .isPatternLocked, .caFile, .maskUpstreamURL,
            // Budgets, which nothing keeps yet.
            .maxBudget, .softBudget, .budgetDuration, .budgetExceededStatus,
        ]
        #expect(missing == never)
    }

    @Test("keeps deployments that share a credential apart from those that do not")
    func credentialOrder() throws {
        let (first, again, _) = try thereAndBack(
            """
            model_list:
            - {model_name: z, litellm_params: {model: openai/1, api_key: os.environ/ONE}}
            - {model_name: a, litellm_params: {model: openai/2, api_key: os.environ/TWO}}
            - {model_name: z, litellm_params: {model: openai/3, api_key: os.environ/THREE}}
            - {model_name: a, litellm_params: {model: openai/4, api_key: os.environ/ONE}}
            - {model_name: b, litellm_params: {model: openai/5}}
            """
        )
        #expect(first == again)
    }

    @Test("masks secrets unless it is told not to")
    func masks() throws {
        let secret = "sk-proj-0123456789abcdefghijklmnop"
        let contents = Compiled(
            """
            model_list:
            - model_name: a
              litellm_params: {model: openai/a, api_key: \(secret), headers: {x-team: \(secret)}}
            general_settings: {master_key: \(secret)}
            """
        ).contents
        #expect(!ConfigYAML.render(contents).contains(secret))
        #expect(ConfigYAML.render(contents).contains("api_key: \"***\""))
        #expect(!ConfigYAML.render(contents).contains("master_key_hash"))
        let revealed = ConfigYAML.render(contents, revealsSecrets: true)
        #expect(revealed.contains("api_key: \(secret)"))
        #expect(
            revealed.contains(
                "master_key_hash: " + YAMLTree.scalar(Hex.encode(SHA256.hash(secret)))
            )
        )
    }

    /// Everything that a table can hold, under words that stand nowhere else.
    private var everything: TableContents {
        var contents = TableContents()
        for key in ParameterKey.allCases { contents.settings[key] = .text(.literal("v-\(key)-v")) }
        let deployment = Deployment(
            id: .explicit("the-id"),
            provider: 1,
            upstreamModel: .literal("the-upstream"),
            apiBase: .literal("http://the-base/v1"),
            credential: 0,
            weight: 12_345,
            order: 77,
            parameters: contents.settings
        )
        contents.models = [
            Model(
                name: "the-model",
                parameters: [.strategy: .text(.literal("the-strategy"))],
                deployments: [deployment]
            )
        ]
        contents.aliases = [Alias(name: "the-alias", targets: ["the-target"], isHidden: true)]
        contents.credentials = [Credential(name: "the-credential", parameters: contents.settings)]
        contents.virtualKeys = [
            VirtualKey(
                digest: [UInt8](repeating: 0xAB, count: 32),
                parameters: [
                    .keyTeam: .text(.literal("the-team")), .tokensPerMinute: .integer(987),
                ]
            )
        ]
        contents.fallbacks = [
            FallbackRule(trigger: .contextWindow, model: "the-model", targets: ["the-fallback"])
        ]
        let file = Reference(kind: .file, name: "/the/file", isSecret: false)
        contents.environment = [
            EnvironmentVariable(name: "THE_VARIABLE", value: .reference(file))
        ]
        return contents
    }

    @Test("of a parameter is in what inspect prints, as text and as JSON")
    func complete() {
        let facts = TableFacts(digest: "the-digest", signers: ["the-signer"])
        let wanted =
            [
                "the-model", "the-strategy", "the-id", "the-upstream", "http://the-base/v1", "77",
                "the-alias", "the-target", "idden", "the-credential", "the-team", "987",
                String(repeating: "ab", count: 32), "the-fallback", "contextWindow", "THE_VARIABLE",
                "file:/the/file", "the-digest", "the-signer",
            ] + ParameterKey.allCases.map { "\($0)" }
        let text = TableText.render(everything, facts)
        let json = TableJSON.render(everything, facts)
        for word in wanted {
            #expect(text.contains(word), "\(word)")
            #expect(json.contains(word), "\(word)")
        }
        #expect(text.contains("weight: 12.345"))
        #expect(json.contains("\"weight_thousandths\": 12345"))
        // In the settings, the deployment and the credential.
        for key in ParameterKey.allCases {
            let lines = text.split(separator: "\n").filter { line in
                line.drop { $0 == " " }.hasPrefix("\(key): ")
            }
            #expect(lines.count >= 3, "\(key)")
        }
    }
}
