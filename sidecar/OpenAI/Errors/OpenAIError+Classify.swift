internal import JSON

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
        return errorClass(ofStatus: status, text: lowercased(body))
    }

    /// The same for text that is in lower case already.
    package static func errorClass(ofStatus status: Int, text: String) -> Class {
        if isAboutContextWindow(text) { return .contextWindowExceeded }
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

    private static func isAboutContextWindow(_ text: String) -> Bool {
        // OpenAI's words for a `user` or the like that is too long.
        if text.contains("string_above_max_length")
            || (text.contains("invalid 'user'") && text.contains("string too long"))
        {
            return false
        }
        return contextWindowTexts.contains(where: text.contains)
            || contextWindowPairs.contains { text.contains($0.0) && text.contains($0.1) }
    }

    private static let contextWindowTexts = [
        "maximum context length is", "model's maximum context limit",
        "is longer than the model's context length", "longer than the maximum model length",
        "exceed context limit", "input tokens exceed the configured limit",
        "exceeds the available context size", "exceeds the context window",
        "exceeds the maximum number of tokens allowed", "context_length_exceeded",
        "`inputs` tokens + `max_new_tokens` must be",
        "string too long. expected a string with maximum length", "input is too long",
        "prompt is too long",
    ]

    private static let contextWindowPairs = [
        ("maximum input length is", "tokens"),
        ("current length is", "while limit is"),
        ("too large for model with", "maximum context length"),
    ]

    private static let contentPolicyTexts = [
        "content_policy_violation", "responsibleaipolicyviolation", "content management policy",
        "rejected as a result of our safety system", "failed as a result of our safety system",
        "the model produced invalid content", "content_filter",
    ]
}

// MARK: - A 404 and its subject

extension OpenAIError {
    /// Whether a 404's body is about the model, and not about a path that the upstream does not
    /// have: one is a deployment that is set up wrongly, the other a client's mistake.
    ///
    /// OpenAI, Azure and vLLM say it in an error object, Ollama and others in plain words;
    /// FastAPI's `{"detail":"Not Found"}`, a page of HTML and an empty body say nothing about a
    /// model.
    package static func isModelNotFound(_ body: RawSpan) -> Bool {
        let head = body.extracting(first: inspectedBytesMax)
        guard var answer = try? JSONValue(parsing: head) else { return false }
        // Gemini's endpoint wraps the object in a list.
        if case .array(let elements) = answer, let first = elements.first { answer = first }
        let error = answer["error"] ?? answer
        if case .string(let text) = error { return saysModelIsMissing(text.lowercased()) }
        func text(_ key: String) -> String {
            if case .string(let text) = error[key] { text.lowercased() } else { "" }
        }
        let message = text("message")
        // OpenAI's answer to a chat model that is asked for a completion.
        if message.contains("in the v1/") { return false }
        if text("param") == "model" || modelCodes.contains(text("code")) { return true }
        if notFoundTypes.contains(text("type")), message.contains("model") { return true }
        return saysModelIsMissing(message) || saysModelIsMissing(text("detail"))
    }

    private static func saysModelIsMissing(_ text: String) -> Bool {
        if text.contains("no endpoints found for") { return true }
        guard text.contains("model") || text.contains("deployment") else { return false }
        return missingTexts.contains(where: text.contains)
    }

    private static let modelCodes: Set = [
        "model_not_found", "model_not_available", "deploymentnotfound",
    ]
    private static let notFoundTypes: Set = ["notfounderror", "not_found_error"]
    private static let missingTexts = [
        "not found", "does not exist", "doesn't exist", "do not have access", "no such model",
        "unknown model", "not available",
    ]
}
