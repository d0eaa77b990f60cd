/// What a path of the API stands for. A closed set: its names are metric labels.
package enum Endpoint: String, CaseIterable, Hashable, Sendable {
    // Forwarded; the raw value is the upstream's path below `/v1`.
    case chatCompletions = "chat/completions"
    case completions
    case embeddings
    case responses
    case messages
    case countTokens = "messages/count_tokens"
    case rerank
    case score
    case classify
    case pooling
    case tokenize
    case detokenize
    case moderations
    case transcriptions = "audio/transcriptions"
    case translations = "audio/translations"
    case speech = "audio/speech"
    case imageGenerations = "images/generations"
    case imageEdits = "images/edits"
    case imageVariations = "images/variations"

    // Answered here.
    case models
    case model = "models/{id}"
    case modelInfo = "model/info"
    case modelGroupInfo = "model_group/info"
    case health
    case liveness = "health/liveliness"
    case readiness = "health/readiness"
    case metrics
    case routingState = "routing/state"
    case cachePing = "cache/ping"
    case cacheDelete = "cache/delete"
    case cacheFlush = "cache/flushall"

    /// OpenAI's, but not this gateway's: 501.
    case unsupported
    /// Nobody's: 404.
    case unknown

    /// What the body of a request is.
    package enum Body: Hashable, Sendable {
        case json
        case multipart
        case none
    }

    /// Whether requests go to an upstream.
    package var isForwarded: Bool { dialect != nil }

    /// The form of the upstream's answers; nil for what is answered here.
    package var dialect: ResponseDialect? {
        switch self {
        case .chatCompletions, .completions: .chat
        case .responses: .responses
        case .messages: .messages
        case .models, .model, .modelInfo, .modelGroupInfo, .health, .liveness, .readiness,
            .metrics, .routingState, .cachePing, .cacheDelete, .cacheFlush, .unsupported, .unknown:
            nil
        default: .other
        }
    }

    package var body: Body {
        switch self {
        case .transcriptions, .translations, .imageEdits, .imageVariations: .multipart
        default: isForwarded ? .json : .none
        }
    }

    /// Whether a good answer that is no stream is always a JSON object. Another one is no answer,
    /// and another deployment may have one.
    package var answersJSON: Bool {
        switch self {
        case .chatCompletions, .completions, .responses, .messages, .countTokens, .embeddings: true
        default: false
        }
    }

    /// Whose envelope errors have.
    package var errorDialect: ErrorDialect {
        self == .messages || self == .countTokens ? .anthropic : .openAI
    }

    /// The methods that a path takes, as in an `allow` header; empty for all (they get their 404
    /// or 501). HEAD goes with GET.
    package var allowedMethods: [String] {
        switch self {
        case .models: ["GET", "HEAD", "POST"]
        case .cacheDelete, .cacheFlush: ["POST"]
        case .unsupported, .unknown: []
        default: isForwarded ? ["POST"] : ["GET", "HEAD"]
        }
    }

    /// Refuses a method that the path does not have; OPTIONS is for the caller to answer.
    package func check(method: String) throws(OpenAIError) {
        let allowed = allowedMethods
        if allowed.isEmpty || allowed.contains(method) { return }
        throw .methodNotAllowed(allow: allowed.joined(separator: ", "))
    }

    /// The upstream's path below its base URL (which ends in `/v1` or its like); nil for what is
    /// answered here. vLLM has some (`isAtUpstreamRoot`) beside `/v1`, not in it.
    package var upstreamPath: String? { isForwarded ? "/" + rawValue : nil }

    /// Whether the upstream has the path at its root, not below `/v1`.
    package var isAtUpstreamRoot: Bool {
        switch self {
        case .tokenize, .detokenize, .classify, .pooling: true
        default: false
        }
    }

    /// The label of metrics and logs: LiteLLM's route, always with `/v1` where both exist.
    package var route: String {
        switch self {
        case .modelInfo, .modelGroupInfo, .health, .liveness, .readiness, .metrics, .routingState,
            .cachePing, .cacheDelete, .cacheFlush:
            "/" + rawValue
        case .unsupported, .unknown: rawValue
        default: "/v1/" + rawValue
        }
    }

    /// The fields of LiteLLM's own list that are the endpoint's parameters too: LiteLLM keeps its
    /// own `metadata` for these under another name.
    package var keptFields: Set<RequestField> {
        switch self {
        case .responses, .messages: [.metadata]
        default: []
        }
    }

    /// Whether `stream_options.include_usage` makes streams tell their usage.
    package var hasStreamUsageOption: Bool { dialect == .chat }
}
