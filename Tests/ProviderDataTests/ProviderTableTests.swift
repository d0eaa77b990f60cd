import ProviderData
import Testing

@Suite("The provider table")
struct ProviderTableTests {
    @Test("gives every code and every prefix to one provider, and 0 to none")
    func unique() {
        #expect(Set(Provider.all.map(\.code)).count == Provider.all.count)
        #expect(Set(Provider.all.map(\.prefix)).count == Provider.all.count)
        #expect(Provider.coded(0) == nil)
        for provider in Provider.all {
            #expect(Provider.coded(provider.code) == provider)
            #expect(Provider.named(provider.prefix) == provider)
        }
    }

    /// Tables in the field hold these numbers: changing one sends traffic to another provider.
    @Test(
        "never changes a code",
        arguments: [
            ("openai", 1), ("azure", 3), ("anthropic", 5), ("gemini", 6), ("bedrock", 7),
            ("mock", 8), ("hosted_vllm", 20), ("ollama", 22), ("litellm_proxy", 27),
            ("mistral", 50), ("groq", 52), ("openrouter", 56), ("minimax", 101),
            ("vertex_ai", 200),
        ] as [(String, UInt16)]
    )
    func stable(prefix: String, code: UInt16) {
        #expect(Provider.named(prefix)?.code == code)
    }

    @Test("has https for every vendor, without a slash at the end")
    func bases() throws {
        for provider in Provider.all where provider.code >= 50 {
            guard let base = provider.defaultBase else { continue }
            #expect(base.hasPrefix("https://"), "\(provider.prefix)")
            #expect(!base.hasSuffix("/"), "\(provider.prefix)")
            #expect(!provider.keyVariables.isEmpty, "\(provider.prefix)")
        }
    }

    @Test(
        "has the prefixes of LiteLLM that speak OpenAI's protocol",
        arguments: [
            "openai", "text-completion-openai", "custom_openai", "openai_like", "hosted_vllm",
            "mistral", "codestral", "groq", "deepseek", "together_ai", "fireworks_ai",
            "openrouter", "perplexity", "xai", "cerebras", "nvidia_nim", "sambanova", "deepinfra",
            "lm_studio", "llamafile", "docker_model_runner", "litellm_proxy", "huggingface",
            "databricks", "github", "moonshot", "dashscope", "volcengine", "zai", "novita",
            "nebius", "hyperbolic", "lambda_ai", "featherless_ai", "friendliai", "nscale",
            "meta_llama", "ai21_chat", "baseten", "vercel_ai_gateway", "wandb", "gradient_ai",
            "modelscope", "v0", "inception", "morph", "aiml", "jina_ai", "scaleway", "chutes",
            "poe", "nano-gpt", "helicone", "synthetic", "parasail", "crusoe", "gmi", "sarvam",
            "veniceai", "aihubmix",
        ]
    )
    func openAICompatible(prefix: String) throws {
        let provider = try #require(Provider.named(prefix))
        #expect(provider.dialect == .openAI)
        #expect(provider.keyHeader == .bearer)
    }

    @Test("looks keys and base URLs up in order, and falls back to the defaults")
    func variables() throws {
        let together = try #require(Provider.named("together_ai"))
        let environment = ["TOGETHER_AI_API_KEY": "second", "TOGETHER_API_KEY": "third"]
        #expect(together.key { environment[$0] } == "second")
        #expect(together.key { _ in nil } == nil)
        #expect(together.base { _ in "" } == "https://api.together.ai/v1")
        let vllm = try #require(Provider.named("hosted_vllm"))
        #expect(vllm.key { _ in nil } == "fake-api-key")
        #expect(
            vllm.base { $0 == "HOSTED_VLLM_API_BASE" ? "http://vllm:8000/v1" : nil }
                == "http://vllm:8000/v1"
        )
    }

    @Test(
        "sends the key in the header that the host wants",
        arguments: [
            ("azure", "https://x.openai.azure.com", Provider.KeyHeader.apiKey),
            ("azure_ai", "https://x.services.ai.azure.com", .apiKey),
            ("azure_ai", "https://x.swedencentral.models.ai.azure.com", .bearer),
            ("anthropic", "https://api.anthropic.com", .bearer),
            ("bedrock", "https://bedrock-runtime.us-east-1.amazonaws.com", .none),
        ]
    )
    func headers(prefix: String, base: String, header: Provider.KeyHeader) {
        #expect(Provider.named(prefix)?.keyHeader(base: base) == header)
    }
}

@Suite("Which provider a model belongs to")
struct ProviderResolutionTests {
    @Test(
        "follows the prefix, the forced provider, the host, the bare name, in this order",
        arguments: [
            ("openai/gpt-4o", nil, nil, "openai", "gpt-4o"),
            (
                "openai/meta-llama/Llama-3.2-1B", nil, "http://v:8000/v1", "openai",
                "meta-llama/Llama-3.2-1B"
            ),
            ("openai//models/gpt-oss", nil, nil, "openai", "/models/gpt-oss"),
            ("ollama/llava:13b", "ollama_chat", nil, "ollama_chat", "ollama/llava:13b"),
            ("ollama_chat/llava", "ollama_chat", nil, "ollama_chat", "llava"),
            ("meta/llama", nil, "https://api.groq.com/openai/v1", "groq", "meta/llama"),
            ("gpt-4o-mini", nil, nil, "openai", "gpt-4o-mini"),
            ("claude-3-opus-20240229", nil, nil, "anthropic", "claude-3-opus-20240229"),
            ("us.anthropic.claude-sonnet-4", nil, nil, "bedrock", "us.anthropic.claude-sonnet-4"),
            ("bedrock/converse/eu.anthropic.x", nil, nil, "bedrock", "converse/eu.anthropic.x"),
            ("gemini-1.5-pro", nil, nil, "gemini", "gemini-1.5-pro"),
            ("grok-2", nil, nil, "xai", "grok-2"),
            ("openai/*", nil, nil, "openai", "*"),
        ] as [(String, String?, String?, String, String)]
    )
    func resolves(
        model: String,
        custom: String?,
        base: String?,
        provider: String,
        upstream: String
    ) {
        let match = Provider.resolve(model: model, customProvider: custom, apiBase: base)
        #expect(match.provider?.prefix == provider)
        #expect(match.upstreamModel == upstream)
    }

    @Test("names an unknown prefix")
    func unknown() {
        let match = Provider.resolve(model: "mistralai/mistral-large")
        #expect(match.provider == nil)
        #expect(match.unknownPrefix == "mistralai")
        #expect(Provider.resolve(model: "my-model").unknownPrefix == nil)
        #expect(Provider.resolve(model: "x", customProvider: "nobody").unknownPrefix == "nobody")
    }
}
