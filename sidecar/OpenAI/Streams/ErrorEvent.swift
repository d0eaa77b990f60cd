internal import JSON

extension OpenAIError {
    /// The event that tells the client of a stream that its answer is not complete. Nothing may
    /// follow it, no `[DONE]` either (LiteLLM §10.2).
    package func event(_ dialect: ResponseDialect) -> [UInt8] {
        switch dialect {
        case .chat, .other:
            return Array("data: ".utf8) + body() + Array("\n\n".utf8)
        case .messages:
            return Array("event: error\ndata: ".utf8) + body(.anthropic) + Array("\n\n".utf8)
        case .responses:
            var writer = JSONWriter(into: Array("event: error\ndata: ".utf8))
            writer.beginObject()
            writer.key("type")
            writer.string("error")
            writer.key("code")
            writer.string(code)
            writer.key("message")
            writer.string(message)
            writer.key("param")
            writer.string(param)
            writer.endObject()
            return writer.bytes + Array("\n\n".utf8)
        }
    }

    /// What ends a chat stream that is complete but for this.
    package static let doneEvent = Array("data: [DONE]\n\n".utf8)
}
