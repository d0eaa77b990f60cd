// Which of LiteLLM's exception classes an upstream's error answer stands for (LiteLLM §4.3).
extension OpenAIError {
    /// LiteLLM's exception class for an upstream's status.
    package static func errorClass(ofStatus status: Int) -> Class {
        switch status {
        case 401: .authentication
        case 403: .permissionDenied
        case 404: .notFound
        case 408: .timeout
        case 422: .unprocessableEntity
        case 429: .rateLimit
        case 502: .badGateway
        case 503: .serviceUnavailable
        case 400..<500: .badRequest
        default: .internalServer
        }
    }

    /// The class for a status and what the answer's body says: servers word two refusals of theirs
    /// in many ways, and clients and fallbacks tell these two from other bad requests.
    package static func errorClass(ofStatus status: Int, body: RawSpan) -> Class {
        switch status {
        case 400, 413, 422: break
        default: return errorClass(ofStatus: status)
        }
        let text = lowercased(body)
        if contextWindowTexts.contains(where: text.contains)
            || (text.contains("maximum input length is") && text.contains("tokens"))
        {
            return .contextWindowExceeded
        }
        if contentPolicyTexts.contains(where: text.contains) { return .contentPolicyViolation }
        return errorClass(ofStatus: status)
    }

    /// An error says what it has to say at its beginning.
    private static let inspectedBytesMax = 16_384

    private static func lowercased(_ body: RawSpan) -> String {
        let head = body.extracting(first: inspectedBytesMax)
        return unsafe head.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
            .lowercased()
    }

    private static let contextWindowTexts = [
        "maximum context length is", "model's maximum context limit",
        "is longer than the model's context length", "exceed context limit",
        "input tokens exceed the configured limit", "exceeds the available context size",
        "exceeds the maximum number of tokens allowed", "context_length_exceeded",
        "string too long. expected a string with maximum length", "input is too long",
        "prompt is too long",
    ]

    private static let contentPolicyTexts = [
        "content_policy_violation", "responsibleaipolicyviolation", "content management policy",
        "rejected as a result of our safety system", "content_filter",
    ]
}
