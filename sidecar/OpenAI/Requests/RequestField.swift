internal import JSON

/// The members of a request's body that the gateway knows by name.
package enum RequestField: String, CaseIterable, Hashable, Sendable {
    // What is read, and forwarded.
    case model
    case stream
    case streamOptions = "stream_options"
    case user
    case messages
    case prompt
    case input
    case system
    case instructions
    case tools
    case maxTokens = "max_tokens"
    case maxCompletionTokens = "max_completion_tokens"
    case maxOutputTokens = "max_output_tokens"
    case n
    case temperature
    case dimensions
    case encodingFormat = "encoding_format"
    case previousResponseID = "previous_response_id"
    case serviceTier = "service_tier"
    case background

    // What LiteLLM takes for itself (LiteLLM §3.5).
    case metadata
    case cache
    case litellmMetadata = "litellm_metadata"
    case tags
    case fallbacks
    case contextWindowFallbacks = "context_window_fallbacks"
    case contentPolicyFallbacks = "content_policy_fallbacks"
    case disableFallbacks = "disable_fallbacks"
    case numRetries = "num_retries"
    case maxRetries = "max_retries"
    case timeout
    case requestTimeout = "request_timeout"
    case streamTimeout = "stream_timeout"
    case dropParams = "drop_params"
    case additionalDropParams = "additional_drop_params"
    case allowedOpenAIParams = "allowed_openai_params"
    case mockResponse = "mock_response"
    case mockToolCalls = "mock_tool_calls"
    case mockTimeout = "mock_timeout"
    case guardrails
    case guardrailConfig = "guardrail_config"
    case priority
    case allowedModelRegion = "allowed_model_region"
    case specificDeployment = "specific_deployment"
    case sessionID = "litellm_session_id"
    case traceID = "litellm_trace_id"
    case callID = "litellm_call_id"
    case noLog = "no-log"
    case ttl
    case promptID = "prompt_id"
    case promptVariables = "prompt_variables"
    case userConfig = "user_config"
    case inputPrice = "input_cost_per_token"
    case outputPrice = "output_cost_per_token"
    case callbacks
    case loggerFunction = "logger_fn"
    case includeFallbackErrors = "include_fallback_errors"
    case keepaliveSeconds = "keepalive_seconds"
    case fastestResponse = "fastest_response"

    // A client's own way to an upstream: taken out of every body.
    case apiKey = "api_key"
    case apiBase = "api_base"
    case baseURL = "base_url"
    case apiVersion = "api_version"

    // Refused (LiteLLM §3.5, V106).
    case mockTestingFallbacks = "mock_testing_fallbacks"
    case mockTestingContextFallbacks = "mock_testing_context_fallbacks"
    case mockTestingContentPolicyFallbacks = "mock_testing_content_policy_fallbacks"
    case mockTestingRateLimitError = "mock_testing_rate_limit_error"

    /// What happens to a member on its way to the upstream.
    enum Treatment {
        case forwarded
        /// Taken out, unless the endpoint has a parameter of that name.
        case consumed
        case credential
        case refused
    }

    static let all = Array(allCases)
    static let names = JSONNames(all.map(\.rawValue))
    /// By place in `all`.
    static let treatments = all.map(\.treatment)
    static let areControls = all.map(\.isControl)

    /// Whether it says how its request is to be routed, rewritten or cached: `RequestControls`
    /// reads it.
    var isControl: Bool {
        switch self {
        case .numRetries, .timeout, .requestTimeout, .streamTimeout, .fallbacks,
            .contextWindowFallbacks, .contentPolicyFallbacks, .disableFallbacks, .tags,
            .dropParams, .additionalDropParams, .allowedOpenAIParams, .allowedModelRegion,
            .metadata, .litellmMetadata, .cache:
            true
        default: false
        }
    }

    /// Whether it makes up an answer.
    var isMock: Bool {
        switch self {
        case .mockResponse, .mockToolCalls, .mockTimeout: true
        default: false
        }
    }

    /// Whether upstreams get it.
    package var isForwarded: Bool { treatment == .forwarded }

    var treatment: Treatment {
        switch self {
        case .model, .stream, .streamOptions, .user, .messages, .prompt, .input, .system,
            .instructions, .tools, .maxTokens, .maxCompletionTokens, .maxOutputTokens, .n,
            .temperature, .dimensions,
            .encodingFormat, .previousResponseID, .serviceTier, .background:
            .forwarded
        case .apiKey, .apiBase, .baseURL, .apiVersion:
            .credential
        case .mockTestingFallbacks, .mockTestingContextFallbacks,
            .mockTestingContentPolicyFallbacks, .mockTestingRateLimitError:
            .refused
        default:
            .consumed
        }
    }
}
