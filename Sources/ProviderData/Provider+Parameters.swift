/// Which of OpenAI's chat parameters each provider does not take.
///
/// From LiteLLM 1.82 (`get_supported_openai_params` and `map_openai_params` of each
/// `litellm/llms/PROVIDER/chat/transformation.py`), as facts about the vendors' APIs. Corrected
/// where the endpoint that is spoken here is another than LiteLLM's, or the vendor's reference says
/// more: Anthropic (docs.anthropic.com/en/api/openai-sdk), Ollama (its docs/openai.md), Mistral
/// (docs.mistral.ai/api: it has `n`, penalties and `prediction`), Groq
/// (console.groq.com/docs/openai), xAI (docs.x.ai: `max_completion_tokens`), OpenAI's reference for
/// o3 (`stop`) and Azure's for reasoning models (`logit_bias`, `parallel_tool_calls`). Limits of
/// tokens are renamed, not dropped: without one an answer could cost anything.
extension Provider {
    /// What a model of this provider does not take; `full` where nothing is known.
    package func parameterSupport(_ family: ModelFamily) -> ParameterSupport {
        let general = Provider.parameterSupport[prefix] ?? .full
        switch family {
        case .any: return general
        case .plain:
            return general.without("reasoning_effort verbosity")
        case .early:
            return general.without("reasoning_effort verbosity response_format")
        case .o1: return Provider.oSeries
        case .o3: return Provider.oSeries.without("stop")
        case .gpt5:
            return Provider.reasoningGPT
                .without("top_p logprobs top_logprobs")
                .without("temperature", except: .one)
        case .gpt51:
            return Provider.reasoningGPT
                .without("top_p logprobs top_logprobs", except: .withoutReasoning)
                .without("temperature", except: .oneOrWithoutReasoning)
        case .gpt5Search: return Provider.searchGPT
        case .grok:
            return general.without("stop frequency_penalty presence_penalty")
        }
    }

    private static let oSeries = ParameterSupport.full
        .without("temperature", except: .one)
        .without("top_p presence_penalty frequency_penalty logprobs top_logprobs logit_bias")
        .without("parallel_tool_calls verbosity")
        .calling("max_tokens", "max_completion_tokens")

    private static let reasoningGPT = ParameterSupport.full
        .without("stop presence_penalty frequency_penalty logit_bias")
        .without("modalities prediction audio web_search_options")
        .calling("max_tokens", "max_completion_tokens")

    private static let searchGPT = ParameterSupport.full
        .without("functions function_call tools tool_choice parallel_tool_calls")
        .without("temperature top_p n stop seed presence_penalty frequency_penalty logit_bias")
        .without("logprobs top_logprobs modalities prediction audio reasoning_effort")
        .without("prompt_cache_key prompt_cache_retention")
        .calling("max_tokens", "max_completion_tokens")

    /// Providers whose only name for the limit is the older one.
    private static let maxTokens = ParameterSupport.full
        .calling("max_completion_tokens", "max_tokens")

    private static let functions = "functions function_call"
    private static let media = "modalities prediction audio"
    private static let chances = "logit_bias logprobs top_logprobs"
    /// What belongs to OpenAI's platform more than to the model.
    private static let platform =
        "service_tier safety_identifier prompt_cache_key "
        + "prompt_cache_retention store verbosity web_search_options"

    private static let parameterSupport: [String: ParameterSupport] = {
        var table = [
            "azure": ParameterSupport.full
                .without("service_tier safety_identifier prompt_cache_retention"),
            "anthropic": ParameterSupport.full
                .without("n seed presence_penalty frequency_penalty verbosity")
                .without("\(media) \(chances)")
                .without("service_tier safety_identifier prompt_cache_key")
                .without("prompt_cache_retention store"),
            "gemini": ParameterSupport.full
                .without("function_call prediction audio logit_bias seed top_logprobs verbosity")
                .without("service_tier safety_identifier prompt_cache_key")
                .without("prompt_cache_retention store"),
            "groq": ParameterSupport.full
                .without("\(chances) verbosity").without("n", except: .one),
            "perplexity": ParameterSupport.full
                .without("\(functions) tools tool_choice parallel_tool_calls n stop seed")
                .without("\(media) \(chances)")
                .without("service_tier safety_identifier prompt_cache_key")
                .without("prompt_cache_retention store verbosity"),
            "xai": ParameterSupport.full
                .without("\(functions) \(media) parallel_tool_calls service_tier")
                .without("safety_identifier prompt_cache_key prompt_cache_retention")
                .without("store verbosity"),
            "databricks":
                maxTokens
                .without("\(functions) \(media) \(chances) \(platform)")
                .without("presence_penalty frequency_penalty seed parallel_tool_calls"),
            "mistral": mistral,
            "codestral": mistral,
            "fireworks_ai":
                maxTokens
                .without("\(functions) \(media) \(platform) logit_bias top_logprobs seed")
                .without("parallel_tool_calls"),
            "cerebras":
                maxTokens
                .without("\(functions) \(media) \(chances) \(platform) n presence_penalty")
                .without("frequency_penalty parallel_tool_calls"),
            "nvidia_nim": maxTokens.without("\(functions) \(media) \(chances) \(platform) n"),
            "sambanova":
                maxTokens
                .without("\(functions) \(media) \(chances) \(platform) n presence_penalty")
                .without("frequency_penalty seed"),
            "deepinfra":
                maxTokens
                .without("\(media) \(platform) seed logprobs top_logprobs parallel_tool_calls"),
            "moonshot": maxTokens.without("functions"),
            "volcengine":
                maxTokens
                .without("\(media) \(platform) response_format parallel_tool_calls"),
            "zai":
                maxTokens
                .without("\(functions) \(media) \(chances) \(platform) n presence_penalty")
                .without("frequency_penalty response_format seed parallel_tool_calls"),
            "hyperbolic":
                maxTokens
                .without("\(functions) \(media) \(chances) \(platform) parallel_tool_calls"),
            "featherless_ai":
                maxTokens
                .without("\(media) \(platform) response_format seed tools tool_choice")
                .without("logprobs top_logprobs parallel_tool_calls"),
            "nscale":
                maxTokens
                .without("\(functions) \(media) \(platform) seed tools tool_choice")
                .without("parallel_tool_calls"),
            "ai21": ai21,
            "ai21_chat": ai21,
            "baseten":
                maxTokens
                .without("\(functions) \(media) \(chances) \(platform) n parallel_tool_calls"),
            "gradient_ai": ParameterSupport.full
                .without("\(functions) \(media) \(chances) \(platform) n response_format seed")
                .without("tools tool_choice parallel_tool_calls"),
            "anyscale":
                maxTokens
                .without("\(functions) \(media) \(chances) \(platform) n response_format seed")
                .without("tools tool_choice parallel_tool_calls"),
            "ollama": ollama,
            "ollama_chat": ollama,
        ]
        for prefix in onlyMaxTokens { table[prefix] = maxTokens }
        return table
    }()

    private static let mistral = maxTokens.calling("seed", "random_seed")
        .without("\(functions) modalities audio \(chances) \(platform)")

    private static let ai21 =
        maxTokens
        .without("\(functions) \(media) \(chances) \(platform) top_p presence_penalty")
        .without("frequency_penalty parallel_tool_calls")

    private static let ollama = ParameterSupport.full
        .without("\(functions) \(media) \(platform) n logit_bias parallel_tool_calls")

    /// Of these nothing else is known.
    private static let onlyMaxTokens = [
        "custom_openai", "openai_like", "xinference", "lemonade", "docker_model_runner", "github",
        "nebius", "lambda_ai", "friendliai", "wandb", "modelscope", "inception", "aiml", "jina_ai",
        "scaleway", "chutes", "poe", "nano-gpt", "synthetic", "parasail", "crusoe", "gmi",
        "sarvam", "veniceai", "aihubmix", "publicai", "xiaomi_mimo", "abliteration", "llamagate",
        "charity_engine", "apertis", "empower", "galadriel",
    ]
}
