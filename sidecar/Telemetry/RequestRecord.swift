/// What one finished request was: filled in by the pipeline on its way, read by the metrics and the
/// access log. It holds no prompt, no answer and no secret. One object, since copies of all its
/// texts would cost more than the counting.
package final class RequestRecord {
    // MARK: times, all in nanoseconds

    /// When the request's first byte arrived, since 1970.
    package var startedAt: UInt64 = 0
    /// From there to the answer's last byte.
    package var duration: UInt64 = 0
    /// What of `duration` the upstream took, all attempts together; nil when none was made.
    package var upstreamDuration: UInt64?
    /// From the first byte of the upstream's request to the first content; streams only.
    package var timeToFirstToken: UInt64?

    /// What was spent in queues before a place came free.
    package var queued: UInt64 = 0

    // MARK: the request

    package var method = ""
    /// The path as sent, without its query.
    package var path = ""
    /// One of a closed set of routes, such as `/v1/chat/completions`.
    package var route = ""
    /// The status that the client got.
    package var status = 0
    package var isStream = false
    package var bytesIn = 0
    package var bytesOut = 0
    package var callID = ""
    package var clientAddress = ""

    // MARK: who and what

    /// The name that the client asked for.
    package var requestedModel: String?
    package var modelGroup: String?
    /// Whether something serves `requestedModel`. What nothing serves is any text that a client may
    /// invent: metrics count all of it as `other`, the log shows it.
    package var isModelKnown = true
    /// The deployment that answered, or failed last.
    package var deployment: DeploymentLabels?
    /// Its endpoint, where it has several: address and port.
    package var endpoint: String?
    package var key: KeyLabels?
    /// Whether the last deployment answered well, the stream's end included.
    package var isUpstreamSuccess = false
    /// Attempts whose deployment failed, the last one included.
    package var failures: [FailedAttempt] = []
    package var retries = 0
    package var fallbacks = 0
    /// The last group beyond the first; nil when none was tried.
    package var fallback: Fallback?
    /// LiteLLM's exception class; nil when all went well.
    package var errorClass: String?

    /// A group that a request fell back to.
    package struct Fallback: Hashable, Sendable {
        package var model: String
        package var isSuccess: Bool

        package init(model: String, isSuccess: Bool) {
            self.model = model
            self.isSuccess = isSuccess
        }
    }

    // MARK: the response cache

    /// Nil where it is off.
    package var cache: CacheResult?
    /// What an upstream once counted for an answer that came from the cache.
    package var tokensServed = 0

    // MARK: tokens

    package var promptTokens = 0
    package var completionTokens = 0
    package var cachedTokens = 0
    package var reasoningTokens = 0

    package init() {}
}

/// How a deployment shows in metrics and logs: made once, and shared by all that is told of it.
package final class DeploymentLabels: Hashable, Sendable {
    package let id: String
    /// The upstream's model, without the provider's prefix.
    package let model: String
    /// Without its query.
    package let apiBase: String
    package let provider: String

    package init(id: String, model: String, apiBase: String, provider: String) {
        self.id = id
        self.model = model
        self.apiBase = apiBase
        self.provider = provider
    }

    /// By what they say, whoever made them.
    package static func == (left: DeploymentLabels, right: DeploymentLabels) -> Bool {
        left === right
            || left.id == right.id && left.model == right.model && left.apiBase == right.apiBase
                && left.provider == right.provider
    }

    /// The identifier and the model tell most apart.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(model)
    }
}

/// How a key shows in metrics and logs.
package struct KeyLabels: Hashable, Sendable {
    /// SHA-256 in lowercase hexadecimal, or `litellm_proxy_master_key`; never the key.
    package var hash: String
    package var alias: String?
    package var team: String?
    package var teamAlias: String?
    package var user: String?

    package init(
        hash: String,
        alias: String? = nil,
        team: String? = nil,
        teamAlias: String? = nil,
        user: String? = nil
    ) {
        self.hash = hash
        self.alias = alias
        self.team = team
        self.teamAlias = teamAlias
        self.user = user
    }
}

/// One attempt at a deployment that failed.
package struct FailedAttempt: Hashable, Sendable {
    package var deployment: DeploymentLabels
    /// The status that stands for the failure.
    package var status: Int
    package var errorClass: String
    /// For the log; metrics do not tell endpoints apart.
    package var endpoint: String?

    package init(
        deployment: DeploymentLabels,
        status: Int,
        errorClass: String,
        endpoint: String? = nil
    ) {
        self.deployment = deployment
        self.endpoint = endpoint
        self.status = status
        self.errorClass = errorClass
    }
}

/// Why an upstream gave no good answer: a closed set, for metrics.
package enum UpstreamErrorKind: Int, CaseIterable, Sendable {
    case resolve, connect, tls, connectTimeout, firstByteTimeout, idleTimeout, totalTimeout
    case reset, malformed, truncated, clientError, rateLimited, serverError

    /// The label's value.
    package var label: String {
        switch self {
        case .resolve: "resolve"
        case .connect: "connect"
        case .tls: "tls"
        case .connectTimeout: "connect_timeout"
        case .firstByteTimeout: "first_byte_timeout"
        case .idleTimeout: "idle_timeout"
        case .totalTimeout: "total_timeout"
        case .reset: "reset"
        case .malformed: "malformed"
        case .truncated: "truncated"
        case .clientError: "client_error"
        case .rateLimited: "rate_limited"
        case .serverError: "server_error"
        }
    }
}
