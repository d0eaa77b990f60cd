/// What kind of failure an attempt came to: what retries, fallbacks and cooldowns go by (LiteLLM
/// §5.4 to §5.6).
package enum FailureKind: UInt8, CaseIterable, Hashable, Sendable {
    /// No connection, or one that broke; counts as a 5xx.
    case connection
    /// 408, or an upstream that took too long.
    case timeout
    /// 400, 405, 413, 422 and other 4xx: the client's.
    case badRequest
    case contextWindow
    case contentPolicy
    case authentication
    case paymentRequired
    case forbidden
    /// A 404 that is about the model.
    case modelNotFound
    /// A 404 that is about the path: the upstream lacks the endpoint.
    case pathNotFound
    case conflict
    case rateLimited
    /// 500, and 5xx that have no kind of their own.
    case internalServer
    /// 502, and answers that are none.
    case badGateway
    case serviceUnavailable
    /// 501: the upstream cannot do what was asked, and never will.
    case notImplemented

    /// The kind of an upstream's error status, as far as that alone says it.
    package init(status: Int) {
        switch status {
        case 401: self = .authentication
        case 402: self = .paymentRequired
        case 403: self = .forbidden
        case 404: self = .pathNotFound
        case 408: self = .timeout
        case 409: self = .conflict
        case 429: self = .rateLimited
        case 501: self = .notImplemented
        case 502: self = .badGateway
        case 503: self = .serviceUnavailable
        case 500...: self = .internalServer
        default: self = .badRequest
        }
    }

    /// How LiteLLM's policies call it, without `Retries` or `AllowedFails`.
    package var policyName: String {
        switch self {
        case .badRequest, .contextWindow, .conflict: "BadRequestError"
        case .contentPolicy: "ContentPolicyViolationError"
        case .authentication, .paymentRequired, .forbidden: "AuthenticationError"
        case .modelNotFound, .pathNotFound: "NotFoundError"
        case .timeout: "TimeoutError"
        case .rateLimited: "RateLimitError"
        case .badGateway: "BadGatewayError"
        case .serviceUnavailable: "ServiceUnavailableError"
        case .connection, .internalServer, .notImplemented: "InternalServerError"
        }
    }

    /// Whether another attempt may come to something else.
    package var isTransient: Bool {
        switch self {
        case .connection, .timeout, .conflict, .rateLimited, .internalServer, .badGateway,
            .serviceUnavailable:
            true
        default: false
        }
    }

    /// Whether a deployment says it of itself, so that another deployment may well serve the
    /// request: its credential, its account, what it can do.
    package var isDeploymentsOwn: Bool {
        switch self {
        case .authentication, .paymentRequired, .forbidden, .notImplemented: true
        default: false
        }
    }

    /// Whether another model of an alias' list is worth trying: not for what the client did wrong.
    package var isWorthAnotherModel: Bool {
        switch self {
        case .badRequest, .contextWindow, .contentPolicy, .conflict: false
        default: true
        }
    }
}

/// How an attempt failed.
package struct AttemptFailure: Hashable, Sendable {
    package var kind: FailureKind
    /// The status that stands for it, towards the client and in metrics.
    package var status: Int
    /// What the upstream asked for in `Retry-After`, in milliseconds.
    package var retryAfterMS: UInt64?
    /// No byte of the request can have reached the upstream.
    package var sentNothing = false
    /// What is the client's mistake elsewhere is the deployment's own here: the upstream says that
    /// this account or region does not have the model, and another one may.
    package var isOfDeployment = false
    /// The upstream has answered it: it is no failure to reach it, or to understand it.
    package var isAnswered = false

    /// How often it is worth another try where nobody has said how often; nil for the policy's
    /// count. What took a model a minute is not tried a third time.
    package var retriesMax: Int?

    /// Whether another deployment may well serve the request.
    package var isDeploymentsOwn: Bool { isOfDeployment || kind.isDeploymentsOwn }

    /// A failure of a kind.
    package init(
        _ kind: FailureKind,
        status: Int,
        retryAfterMS: UInt64? = nil,
        sentNothing: Bool = false,
        isOfDeployment: Bool = false,
        isAnswered: Bool = false
    ) {
        self.kind = kind
        self.status = status
        self.retryAfterMS = retryAfterMS
        self.sentNothing = sentNothing
        self.isOfDeployment = isOfDeployment
        self.isAnswered = isAnswered
    }
}
