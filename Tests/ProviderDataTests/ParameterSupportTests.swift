import Testing

@testable import ProviderData

@Suite("What providers take of OpenAI's parameters")
struct ParameterSupportTests {
    private func provider(_ prefix: String) throws -> Provider {
        try #require(Provider.named(prefix))
    }

    private func unsupported(_ prefix: String, _ model: String) throws -> [String] {
        let provider = try provider(prefix)
        return provider.parameterSupport(provider.family(ofModel: model)).unsupported.map(\.name)
    }

    private static let families: [ModelFamily] = [
        .any, .plain, .early, .o1, .o3, .gpt5, .gpt51, .gpt5Search, .grok,
    ]

    /// OpenAI's reference of chat completions, with Anthropic's and others' names for the limit.
    private static let parameters: Set<String> = [
        "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
        "max_completion_tokens", "max_tokens", "modalities", "n", "parallel_tool_calls",
        "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_retention",
        "reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier", "stop",
        "store", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "verbosity",
        "web_search_options",
    ]

    @Test("names only parameters that there are, and none without which there is no answer")
    func names() {
        for provider in Provider.all {
            for family in Self.families {
                let support = provider.parameterSupport(family)
                for name in support.unsupported.map(\.name) {
                    #expect(Self.parameters.contains(name), "\(provider.prefix): \(name)")
                    // Without a limit an answer may cost anything: it is renamed, never dropped.
                    #expect(!name.hasPrefix("max_"), "\(provider.prefix)")
                }
                for rename in support.renamed {
                    #expect(Self.parameters.contains(rename.from), "\(provider.prefix)")
                    #expect(rename.from != rename.to)
                }
            }
        }
    }

    @Test(
        "takes everything where nothing is known",
        arguments: ["hosted_vllm", "openrouter", "litellm_proxy", "lm_studio", "llamafile"]
    )
    func everything(prefix: String) throws {
        #expect(try provider(prefix).parameterSupport(.any) == .full)
        #expect(try provider(prefix).family(ofModel: "gpt-5") == .any)
    }

    @Test(
        "tells OpenAI's families by their names, at OpenAI and Azure",
        arguments: [
            ("gpt-3.5-turbo", .plain), ("gpt-4", .early), ("gpt-4-turbo", .plain),
            ("gpt-4o-mini", .plain), ("gpt-4.1", .plain), ("chatgpt-4o-latest", .plain),
            ("gpt-3.5-turbo-16k", .early), ("gpt-35-turbo", .plain), ("o1", .o1),
            ("o1-mini", .o1), ("o1-2024-12-17", .o1), ("o3", .o3), ("o3-mini", .o3),
            ("o4-mini", .o3), ("ft:o3-mini:org::id", .o3), ("team-o1", .o1), ("gpt-5", .gpt5),
            ("gpt-5-mini", .gpt5), ("gpt-5-chat-latest", .plain), ("gpt-5-codex", .gpt5),
            ("gpt-5-pro", .gpt5), ("gpt-5.1", .gpt51), ("gpt-5.2", .gpt51),
            ("gpt-5.1-codex", .gpt5), ("gpt-5-search-api", .gpt5Search), ("GPT-5", .gpt5),
            ("llama-3", .any), ("my-deployment", .any), ("foo1", .any), ("ro1-x", .any),
            ("text-embedding-3", .any),
        ] as [(String, ModelFamily)]
    )
    func families(model: String, expected: ModelFamily) throws {
        #expect(try provider("openai").family(ofModel: model) == expected)
        #expect(try provider("azure").family(ofModel: model) == expected)
        #expect(try provider("groq").family(ofModel: model) == .any)
    }

    @Test("knows what reasoning models refuse")
    func reasoning() throws {
        #expect(try unsupported("openai", "gpt-4o") == ["reasoning_effort", "verbosity"])
        #expect(try unsupported("openai", "o1").contains("temperature"))
        #expect(try !unsupported("openai", "o1").contains("stop"))
        #expect(try unsupported("openai", "o3").contains("stop"))
        #expect(try unsupported("openai", "gpt-5").contains("logit_bias"))
        #expect(try !unsupported("openai", "gpt-5").contains("reasoning_effort"))
        #expect(try unsupported("xai", "grok-4").contains("stop"))
        #expect(try !unsupported("xai", "grok-2").contains("stop"))
        let support = try provider("openai").parameterSupport(.gpt51)
        let exceptions = support.unsupported.filter { ["top_p", "temperature"].contains($0.name) }
        #expect(exceptions.map(\.exception) == [.withoutReasoning, .oneOrWithoutReasoning])
        #expect(support.renamed == [.init(from: "max_tokens", to: "max_completion_tokens")])
    }

    @Test(
        "counts a region as one of Europe or the States by its name",
        arguments: [
            ("eu", "eu", true), ("eu-west-1", "eu", true), ("europe-west4", "EU", true),
            ("westeurope", "eu", true), ("swedencentral", "eu", true), ("us-east-1", "eu", false),
            ("us", "us", true), ("us-east-1", "us", true), ("eastus2", "us", true),
            ("southcentralus", "us", true), ("australiaeast", "us", false),
            ("australiaeast", "eu", false), ("ap-south-1", "ap-south-1", true),
            ("ap-south-1", "ap", false), ("", "eu", false), ("japaneast", "us", false),
        ]
    )
    func regions(region: String, wanted: String, isAllowed: Bool) {
        #expect(Region.isAllowed(region, by: wanted) == isAllowed)
    }
}
