// Limits of this gateway, and upstreams that gave no answer (LiteLLM §4.3, V106).
extension OpenAIError {
    /// A body of more than `bytesMax`.
    package static func bodyTooLarge(bytesMax: Int) -> OpenAIError {
        OpenAIError(
            status: 413,
            message: "The request body is larger than \(bytesMax) bytes.",
            errorClass: .requestTooLarge
        )
    }

    /// A head of more than `bytesMax`.
    package static func headersTooLarge(bytesMax: Int) -> OpenAIError {
        OpenAIError(
            status: 431,
            message: "The request's headers are larger than \(bytesMax) bytes.",
            errorClass: .requestTooLarge
        )
    }

    /// A request that is no HTTP/1.1.
    package static func malformedRequest(_ reason: String) -> OpenAIError {
        OpenAIError(
            status: 400,
            message: "Malformed HTTP request: \(reason)",
            errorClass: .badRequest
        )
    }

    /// A client that did not send its request in time.
    package static var requestTimeout: OpenAIError {
        OpenAIError(
            status: 408,
            message: "The request did not arrive in time.",
            errorClass: .timeout
        )
    }

    /// The bodies of all requests together are as large as they may be.
    package static var memoryExhausted: OpenAIError {
        overloaded("The gateway holds as many request bodies as it may.")
    }

    /// As many requests are being served, or wait, as may be.
    package static var tooManyRequests: OpenAIError {
        overloaded("The gateway serves as many requests as it may.")
    }

    /// The gateway cannot open a connection to anybody.
    package static var descriptorsExhausted: OpenAIError {
        overloaded("The gateway has as many files and connections open as it may.")
    }

    /// The gateway is about to end.
    package static var draining: OpenAIError {
        overloaded("The gateway is shutting down.")
    }

    private static func overloaded(_ message: String) -> OpenAIError {
        OpenAIError(
            status: 503,
            message: message,
            errorClass: .serviceUnavailable,
            retryAfter: 1
        )
    }

    /// Nothing answers at the upstream's address, or its name is unknown.
    package static var connectionFailed: OpenAIError {
        internalServer("InternalServerError: OpenAIException - Connection error.")
    }

    /// The upstream closed the connection before it had answered.
    package static var connectionLost: OpenAIError {
        internalServer("InternalServerError: OpenAIException - Server disconnected.")
    }

    /// The upstream's answer is no HTTP, or more than may be held.
    package static func invalidResponse(_ reason: String) -> OpenAIError {
        OpenAIError(
            status: 502,
            message: "litellm.BadGatewayError: BadGatewayError: \(reason)",
            errorClass: .badGateway
        )
    }

    /// The upstream took too long. Both are in seconds.
    package static func upstreamTimeout(limit: Double, taken: Double) -> OpenAIError {
        OpenAIError(
            status: 408,
            message: "litellm.Timeout: APITimeoutError - Request timed out. Error_str: Request "
                + "timed out. - timeout value=\(limit), time taken=\(taken) seconds",
            errorClass: .timeout
        )
    }

    /// A stream that ended before its end.
    package static var streamTruncated: OpenAIError {
        internalServer("APIConnectionError: The upstream ended the stream before it was complete.")
    }

    /// A stream that paused for longer than it may.
    package static func streamStalled(seconds: Double) -> OpenAIError {
        OpenAIError(
            status: 408,
            message: "litellm.Timeout: The upstream sent nothing for \(seconds) seconds.",
            errorClass: .timeout
        )
    }

    /// The request can only go to a provider that this gateway does not speak to.
    package static func unsupportedProvider(_ name: String) -> OpenAIError {
        OpenAIError(
            status: 501,
            message: "The provider \(name) is not supported by this gateway.",
            errorClass: .notImplemented
        )
    }

    /// The deployment has no credentials: a reference was not resolved.
    package static func missingCredentials(_ model: String) -> OpenAIError {
        OpenAIError(
            status: 503,
            message: "The credentials for model \(shortened(model)) are not available.",
            errorClass: .serviceUnavailable
        )
    }

    /// What should not happen.
    package static var internalError: OpenAIError {
        internalServer("Internal server error")
    }

    private static func internalServer(_ message: String) -> OpenAIError {
        OpenAIError(
            status: 500,
            message: "litellm.\(message)",
            errorClass: .internalServer
        )
    }
}
