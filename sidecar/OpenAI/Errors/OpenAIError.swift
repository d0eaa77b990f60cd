internal import POSIX

/// An answer that is an error of this gateway's own, in LiteLLM's terms (LiteLLM §4.2, §4.3).
/// Errors that an upstream answered are passed on as they are and never become one of these.
package struct OpenAIError: Error, Hashable, Sendable {
    /// LiteLLM's exception class, sent in `x-sidegate-error-class` and counted in metrics.
    package enum Class: String, CaseIterable, Hashable, Sendable {
        case badRequest = "BadRequestError"
        case authentication = "AuthenticationError"
        case permissionDenied = "PermissionDeniedError"
        case notFound = "NotFoundError"
        case methodNotAllowed = "MethodNotAllowed"
        case timeout = "Timeout"
        case requestTooLarge = "RequestTooLarge"
        case unprocessableEntity = "UnprocessableEntityError"
        case rateLimit = "RateLimitError"
        case budgetExceeded = "BudgetExceededError"
        case unsupportedParams = "UnsupportedParamsError"
        case contextWindowExceeded = "ContextWindowExceededError"
        case contentPolicyViolation = "ContentPolicyViolationError"
        case internalServer = "InternalServerError"
        case apiConnection = "APIConnectionError"
        case badGateway = "BadGatewayError"
        case serviceUnavailable = "ServiceUnavailableError"
        case notImplemented = "NotImplementedError"
    }

    /// A limit that was reached (LiteLLM §4.3).
    package struct LimitNote: Hashable, Sendable {
        /// For the `rate_limit_type` header: requests, tokens or max_parallel_requests.
        package let type: String
        /// For the `reset_at` header: seconds since 1970.
        package let resetsAt: UInt64

        package init(type: String, resetsAt: UInt64) {
            self.type = type
            self.resetsAt = resetsAt
        }

        /// As Python writes a moment: `2026-11-23 20:40:12 UTC`.
        package var resetsAtText: String {
            let time = UTCTime(secondsSince1970: resetsAt)
            func two(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
            return "\(time.year)-\(two(time.month))-\(two(time.day)) "
                + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) UTC"
        }
    }

    /// Which body the answer has.
    package enum Form: Hashable, Sendable {
        /// The envelope of the request's dialect.
        case envelope
        /// FastAPI's `{"detail":…}`: unknown paths, methods and models of `/v1/models/{id}`.
        case detail
    }

    /// The HTTP status.
    package var status: Int
    package var type: String
    package var param: String?
    package var message: String
    /// A word that clients go by, such as `context_length_exceeded`; nil when there is none.
    package var reason: String?
    /// The reason, else what LiteLLM sends: the status as a string.
    package var code: String { reason ?? String(status) }
    package var errorClass: Class
    package var form: Form = .envelope
    /// Seconds, for the `retry-after` header.
    package var retryAfter: Int?
    /// Which of our limits it was, for headers of a 429.
    package var limit: LimitNote?
    /// The methods for the `allow` header of a 405.
    package var allow: String?

    package init(
        status: Int,
        type: String? = nil,
        param: String? = nil,
        message: String,
        errorClass: Class,
        retryAfter: Int? = nil
    ) {
        self.status = status
        self.type = type ?? Self.type(status: status)
        self.param = param
        self.message = message
        self.errorClass = errorClass
        self.retryAfter = retryAfter
    }

    /// The `type` that LiteLLM gives an error of which nothing else is known (LiteLLM §4.2, V106).
    package static func type(status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 429: "throttling_error"
        case 400..<500: "invalid_request_error"
        default: "internal_server_error"
        }
    }
}
