internal import JSON

/// The answers of a `mock_response` deployment, which needs no upstream. They have OpenAI's own
/// shape, where LiteLLM leaves nulls out (LiteLLM §10.1).
package struct MockResponse: Sendable {
    /// The answer's unique part, without a prefix such as `chatcmpl-`.
    package var id: String
    /// Seconds since 1970.
    package var created: Int
    /// The public name.
    package var model: String
    package var text: String
    package var promptTokens: Int
    /// Whether a stream ends with its usage.
    package var includesUsage: Bool

    package init(
        id: String,
        created: Int,
        model: String,
        text: String,
        promptTokens: Int = 10,
        includesUsage: Bool = false
    ) {
        self.id = id
        self.created = created
        self.model = model
        self.text = text
        self.promptTokens = promptTokens
        self.includesUsage = includesUsage
    }

    /// A word is a token here.
    package var completionTokens: Int { words.count }

    /// The tokens that the answer claims.
    package var usage: TokenUsage {
        var usage = TokenUsage()
        usage.prompt = promptTokens
        usage.completion = completionTokens
        usage.total = promptTokens + completionTokens
        return usage
    }

    /// The answer in one piece; nil for endpoints that have no mock.
    package func body(_ endpoint: Endpoint) -> [UInt8]? {
        switch endpoint {
        case .chatCompletions: chatBody
        case .completions: completionBody
        case .embeddings: embeddingBody(dimensions: 8)
        case .responses: responseBody
        case .messages: messageBody
        default: nil
        }
    }

    /// The text in pieces of a word each, with the space before it.
    var words: [Substring] {
        var words: [Substring] = []
        var start = text.startIndex
        for index in text.indices.dropFirst() where text[index] == " " {
            words.append(text[start..<index])
            start = index
        }
        words.append(text[start...])
        return words.filter { !$0.isEmpty }
    }

    /// `id`, `object`, `created`, `model`.
    func writeHead(_ prefix: String, object: String, to writer: inout JSONWriter) {
        writer.key("id")
        writer.string(prefix + id)
        writer.key("object")
        writer.string(object)
        writer.key("created")
        writer.integer(created)
        writer.key("model")
        writer.string(model)
    }

    func writeUsage(_ names: (StaticString, StaticString), to writer: inout JSONWriter) {
        writer.key("usage")
        writer.beginObject()
        writer.key(names.0)
        writer.integer(promptTokens)
        writer.key(names.1)
        writer.integer(completionTokens)
        writer.key("total_tokens")
        writer.integer(promptTokens + completionTokens)
        writer.endObject()
    }

    private var chatBody: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writeHead("chatcmpl-", object: "chat.completion", to: &writer)
        writer.key("choices")
        writer.beginArray()
        writer.beginObject()
        writer.key("index")
        writer.integer(0)
        writer.key("message")
        writer.beginObject()
        writer.key("role")
        writer.string("assistant")
        writer.key("content")
        writer.string(text)
        writer.endObject()
        writer.key("logprobs")
        writer.null()
        writer.key("finish_reason")
        writer.string("stop")
        writer.endObject()
        writer.endArray()
        writeUsage(("prompt_tokens", "completion_tokens"), to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private var completionBody: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writeHead("cmpl-", object: "text_completion", to: &writer)
        writer.key("choices")
        writer.beginArray()
        writer.beginObject()
        writer.key("index")
        writer.integer(0)
        writer.key("text")
        writer.string(text)
        writer.key("logprobs")
        writer.null()
        writer.key("finish_reason")
        writer.string("stop")
        writer.endObject()
        writer.endArray()
        writeUsage(("prompt_tokens", "completion_tokens"), to: &writer)
        writer.endObject()
        return writer.bytes
    }
}
