internal import JSON

extension JSONWriter {
    /// `id`, `object`, `created`, `model`, the same in an answer and in each chunk of a stream.
    mutating func writeHead(_ context: AnswerContext, isChunk: Bool) {
        let isChat = context.form == .chat
        key("id")
        string((isChat ? "chatcmpl-" : "cmpl-") + context.id)
        key("object")
        if isChat {
            string(isChunk ? "chat.completion.chunk" : "chat.completion")
        } else {
            string("text_completion")
        }
        key("created")
        integer(context.created)
        key("model")
        string(context.model)
    }

    /// The one element of `choices`.
    mutating func write(_ message: ConverseMessage, stop: StopReason, context: AnswerContext) {
        beginObject()
        key("index")
        integer(0)
        switch context.form {
        case .chat:
            key("message")
            write(message, context)
        case .text:
            key("text")
            writeText(message)
        }
        key("logprobs")
        null()
        key("finish_reason")
        let reason = stop.finishReason(
            hasToolCalls: !message.toolCalls.isEmpty,
            usedJSONTool: message.json != nil && message.toolCalls.isEmpty,
            form: context.form
        )
        string(reason.description)
        endObject()
    }

    private mutating func write(_ message: ConverseMessage, _ context: AnswerContext) {
        beginObject()
        key("role")
        string("assistant")
        key("content")
        if message.text.isEmpty, message.json == nil, !message.toolCalls.isEmpty {
            null()
        } else {
            writeText(message)
        }
        if !message.reasoning.isEmpty {
            key("reasoning_content")
            raw(JSONText.quoted(message.reasoning))
        }
        if !message.thinking.isEmpty {
            key("thinking_blocks")
            beginArray()
            for block in message.thinking { raw(block) }
            endArray()
        }
        if !message.toolCalls.isEmpty {
            key("tool_calls")
            beginArray()
            for call in message.toolCalls { write(call, context) }
            endArray()
        }
        endObject()
    }

    /// What was asked for as JSON is the whole text: words around it would spoil it.
    private mutating func writeText(_ message: ConverseMessage) {
        if let json = message.json { string(json) } else { raw(JSONText.quoted(message.text)) }
    }

    private mutating func write(_ call: ConverseMessage.ToolCall, _ context: AnswerContext) {
        beginObject()
        key("id")
        string(call.id)
        key("type")
        string("function")
        key("function")
        beginObject()
        key("name")
        string(context.clientName(call.name))
        key("arguments")
        string(call.arguments)
        endObject()
        endObject()
    }
}
