internal import JSON

extension MockResponse {
    /// The answer as the events of a stream, `[DONE]` included; nil for endpoints without one.
    package func events(_ endpoint: Endpoint) -> [[UInt8]]? {
        switch endpoint {
        case .chatCompletions:
            events(object: "chat.completion.chunk", prefix: "chatcmpl-") {
                $0.writeDelta($1, to: &$2)
            }
        case .completions:
            events(object: "text_completion", prefix: "cmpl-") {
                $0.writeText($1, to: &$2)
            }
        default: nil
        }
    }

    /// What the one choice of a chunk says.
    private enum Part {
        case role
        case word(Substring)
        case end
    }

    private func events(
        object: String,
        prefix: String,
        content: @escaping (MockResponse, Part, inout JSONWriter) -> Void
    ) -> [[UInt8]] {
        var parts = words.map { Part.word($0) } + [.end]
        if object == "chat.completion.chunk" { parts.insert(.role, at: 0) }
        var events = parts.map { part in
            event(object: object, prefix: prefix) { writer in
                writer.beginObject()
                writer.key("index")
                writer.integer(0)
                content(self, part, &writer)
                writer.key("logprobs")
                writer.null()
                writer.key("finish_reason")
                if case .end = part { writer.string("stop") } else { writer.null() }
                writer.endObject()
            }
        }
        if includesUsage { events.append(event(object: object, prefix: prefix, choice: nil)) }
        events.append(OpenAIError.doneEvent)
        return events
    }

    /// One event; without a choice it is the one with the usage.
    private func event(
        object: String,
        prefix: String,
        choice: ((inout JSONWriter) -> Void)?
    ) -> [UInt8] {
        var writer = JSONWriter(into: Array("data: ".utf8))
        writer.beginObject()
        writeHead(prefix, object: object, to: &writer)
        writer.key("choices")
        writer.beginArray()
        choice?(&writer)
        writer.endArray()
        if choice == nil {
            writeUsage(("prompt_tokens", "completion_tokens"), to: &writer)
        } else if includesUsage {
            writer.key("usage")
            writer.null()
        }
        writer.endObject()
        return writer.bytes + Array("\n\n".utf8)
    }

    private func writeDelta(_ part: Part, to writer: inout JSONWriter) {
        writer.key("delta")
        writer.beginObject()
        switch part {
        case .role:
            writer.key("role")
            writer.string("assistant")
            writer.key("content")
            writer.string("")
        case .word(let word):
            writer.key("content")
            writer.string(String(word))
        case .end: break
        }
        writer.endObject()
    }

    private func writeText(_ part: Part, to writer: inout JSONWriter) {
        writer.key("text")
        if case .word(let word) = part { writer.string(String(word)) } else { writer.string("") }
    }
}
