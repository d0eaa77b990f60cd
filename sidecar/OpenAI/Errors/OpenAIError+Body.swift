internal import JSON

/// Whose envelope an error body has.
package enum ErrorDialect: Hashable, Sendable {
    case openAI
    /// `/v1/messages`.
    case anthropic
}

extension OpenAIError {
    /// The answer's body: `application/json`.
    package func body(_ dialect: ErrorDialect = .openAI) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        if form == .detail {
            writer.key("detail")
            writer.string(message)
        } else if dialect == .anthropic {
            writer.key("type")
            writer.string("error")
            writer.key("error")
            writer.beginObject()
            writer.key("type")
            writer.string(anthropicType)
            writer.key("message")
            writer.string(message)
            writer.endObject()
        } else {
            writer.key("error")
            write(to: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    /// The inner object of OpenAI's envelope.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("message")
        writer.string(message)
        writer.key("type")
        writer.string(type)
        writer.key("param")
        writer.string(param)
        writer.key("code")
        writer.string(code)
        writer.endObject()
    }

    /// Anthropic's own word for a status (docs.anthropic.com, "Errors").
    private var anthropicType: String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 400..<500: "invalid_request_error"
        case 503, 529: "overloaded_error"
        default: "api_error"
        }
    }
}
