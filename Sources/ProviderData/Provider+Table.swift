/// The provider table (LiteLLM §2.2). A new provider takes the next free code at the end of its
/// list; a code is never changed or used again, since compiled tables hold it.
extension Provider {
    /// Every provider, in the order of their codes.
    package static let all: [Provider] = (main + hosted + local + unsupportedOnes)
        .sorted { $0.code < $1.code }

    /// Providers with rules of their own.
    private static let main: [Provider] = [
        Provider(
            1,
            "openai",
            "https://api.openai.com/v1",
            "OPENAI_API_KEY",
            baseVariables: ["OPENAI_BASE_URL", "OPENAI_API_BASE"]
        ),
        Provider(
            2,
            "text-completion-openai",
            "https://api.openai.com/v1",
            "OPENAI_API_KEY",
            baseVariables: ["OPENAI_BASE_URL", "OPENAI_API_BASE"]
        ),
        Provider(
            3,
            "azure",
            nil,
            "AZURE_API_KEY",
            baseVariables: ["AZURE_API_BASE"],
            dialect: .azure,
            header: .apiKey
        ),
        Provider(
            4,
            "azure_ai",
            nil,
            "AZURE_AI_API_KEY",
            baseVariables: ["AZURE_AI_API_BASE"],
            dialect: .azureAI
        ),
        Provider(
            5,
            "anthropic",
            "https://api.anthropic.com",
            "ANTHROPIC_API_KEY",
            baseVariables: ["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"],
            dialect: .anthropic
        ),
        Provider(
            6,
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta",
            "GEMINI_API_KEY",
            "GOOGLE_API_KEY",
            baseVariables: ["GEMINI_API_BASE"],
            dialect: .gemini
        ),
        Provider(7, "bedrock", nil, "AWS_BEARER_TOKEN_BEDROCK", dialect: .bedrock, header: .none),
        Provider(8, "mock", nil, dialect: .mock, header: .none),
        Provider(
            9,
            "azure_text",
            nil,
            "AZURE_API_KEY",
            baseVariables: ["AZURE_API_BASE"],
            dialect: .azure,
            header: .apiKey
        ),
    ]

    /// Servers that people run themselves: a base URL is usually given, a key often not needed.
    private static let local: [Provider] = [
        Provider(
            20,
            "hosted_vllm",
            nil,
            "HOSTED_VLLM_API_KEY",
            baseVariables: ["HOSTED_VLLM_API_BASE"],
            defaultKey: "fake-api-key"
        ),
        Provider(
            21,
            "vllm",
            nil,
            "HOSTED_VLLM_API_KEY",
            dialect: .refused,
            defaultKey: "fake-api-key"
        ),
        Provider(
            22,
            "ollama",
            "http://localhost:11434",
            "OLLAMA_API_KEY",
            baseVariables: ["OLLAMA_API_BASE"],
            dialect: .ollama
        ),
        Provider(
            23,
            "ollama_chat",
            "http://localhost:11434",
            "OLLAMA_API_KEY",
            baseVariables: ["OLLAMA_API_BASE"],
            dialect: .ollama
        ),
        Provider(
            24,
            "lm_studio",
            nil,
            "LM_STUDIO_API_KEY",
            baseVariables: ["LM_STUDIO_API_BASE"],
            defaultKey: "fake-api-key"
        ),
        Provider(
            25,
            "llamafile",
            "http://127.0.0.1:8080/v1",
            "LLAMAFILE_API_KEY",
            baseVariables: ["LLAMAFILE_API_BASE"],
            defaultKey: "fake-api-key"
        ),
        Provider(
            26,
            "docker_model_runner",
            "http://localhost:22088/engines/llama.cpp",
            "DOCKER_MODEL_RUNNER_API_KEY",
            baseVariables: ["DOCKER_MODEL_RUNNER_API_BASE"],
            defaultKey: "fake-api-key"
        ),
        Provider(
            27,
            "litellm_proxy",
            nil,
            "LITELLM_PROXY_API_KEY",
            baseVariables: ["LITELLM_PROXY_API_BASE"]
        ),
        Provider(
            28,
            "custom_openai",
            nil,
            "OPENAI_LIKE_API_KEY",
            baseVariables: ["OPENAI_LIKE_API_BASE"]
        ),
        Provider(
            29,
            "openai_like",
            nil,
            "OPENAI_LIKE_API_KEY",
            baseVariables: ["OPENAI_LIKE_API_BASE"]
        ),
        Provider(
            30,
            "xinference",
            "http://127.0.0.1:9997/v1",
            "XINFERENCE_API_KEY",
            baseVariables: ["XINFERENCE_API_BASE"],
            defaultKey: "anything"
        ),
        Provider(
            31,
            "lemonade",
            "http://localhost:8000/api/v1",
            "LEMONADE_API_KEY",
            baseVariables: ["LEMONADE_API_BASE"],
            defaultKey: "lemonade"
        ),
        Provider(
            32,
            "oobabooga",
            nil,
            "OOBABOOGA_API_KEY",
            baseVariables: ["OOBABOOGA_API_BASE"]
        ),
        Provider(
            33,
            "databricks",
            nil,
            "DATABRICKS_API_KEY",
            baseVariables: ["DATABRICKS_API_BASE"]
        ),
        Provider(34, "infinity", nil, "INFINITY_API_KEY", baseVariables: ["INFINITY_API_BASE"]),
    ]

    /// LiteLLM's providers whose API needs code that Sidegate does not have.
    private static let unsupportedOnes: [Provider] = [
        (200, "vertex_ai"), (201, "vertex_ai_beta"), (202, "sagemaker"), (203, "sagemaker_chat"),
        (204, "cohere"), (205, "cohere_chat"), (206, "watsonx"), (207, "watsonx_text"),
        (208, "replicate"), (209, "predibase"), (210, "cloudflare"), (211, "auto_router"),
        (212, "github_copilot"), (213, "chatgpt"), (214, "bedrock_mantle"), (215, "palm"),
        (216, "nlp_cloud"), (217, "petals"), (218, "oci"), (219, "voyage"), (220, "deepgram"),
        (221, "elevenlabs"), (222, "topaz"), (223, "triton"), (224, "clarifai"), (225, "snowflake"),
        (226, "aleph_alpha"), (227, "maritalk"), (228, "bytez"), (229, "recraft"),
        (230, "stability"), (231, "fal_ai"), (232, "runwayml"), (233, "gigachat"),
        (234, "langgraph"), (235, "a2a"), (236, "agno"), (237, "pydantic_ai_agents"),
    ].map { Provider($0.0, $0.1, nil, dialect: .unsupported, header: .none) }

    private init(
        _ code: UInt16,
        _ prefix: String,
        _ base: String?,
        _ keys: String...,
        baseVariables: [String] = [],
        dialect: Dialect = .openAI,
        header: KeyHeader = .bearer,
        defaultKey: String? = nil
    ) {
        self.code = code
        self.prefix = prefix
        self.dialect = dialect
        self.defaultBase = base
        self.baseVariables = baseVariables
        self.keyVariables = keys
        self.keyHeader = header
        self.defaultKey = defaultKey
    }

    /// A vendor's own service: OpenAI's protocol, a bearer token, a known base URL.
    static func vendor(
        _ code: UInt16,
        _ prefix: String,
        _ base: String,
        _ keys: [String],
        baseVariable: String? = nil
    ) -> Provider {
        Provider(
            code: code,
            prefix: prefix,
            dialect: .openAI,
            defaultBase: base,
            baseVariables: baseVariable.map { [$0] } ?? [],
            keyVariables: keys,
            keyHeader: .bearer,
            defaultKey: nil
        )
    }
}
