package import OpenAI

extension OpenAIError {
    /// What Converse cannot be asked, as 400; `param` is the place in the client's request.
    static func invalid(_ param: String, _ message: String) -> OpenAIError {
        OpenAIError(
            status: 400,
            param: param,
            message: "\(param): \(message)",
            errorClass: .badRequest
        )
    }

    /// A parameter that Bedrock, or the model, does not have.
    static func unsupported(_ name: String) -> OpenAIError {
        unsupportedParameter(name, provider: "bedrock")
    }

    /// The answer to a request that no model on Bedrock takes from this gateway; nil for the
    /// endpoints whose requests are translated.
    package static func refusedOnBedrock(_ endpoint: Endpoint) -> OpenAIError? {
        switch endpoint {
        case .chatCompletions, .completions, .embeddings: nil
        default:
            OpenAIError(
                status: 501,
                param: "model",
                message: "/v1/\(endpoint.rawValue) is not supported for models on Bedrock. "
                    + "Send chat requests to /v1/chat/completions, and texts to /v1/embeddings.",
                errorClass: .notImplemented
            )
        }
    }
}

extension OpenAIError {
    /// A client's word as an answer repeats it: short, in quotes.
    static func quoted(_ text: String) -> String {
        text.utf8.count <= 64 ? "'\(text)'" : "'\(text.prefix(64))…'"
    }
}
