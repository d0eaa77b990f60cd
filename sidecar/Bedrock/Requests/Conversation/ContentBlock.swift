internal import JSON

/// One element of a Converse message's `content`, or of `system`.
enum ContentBlock: Hashable, Sendable {
    /// Where an image's or a document's bytes are.
    enum Source: Hashable, Sendable {
        /// Standard base64 with padding, as it goes over the wire.
        case base64(String)
        /// An `s3://` address.
        case s3(String)
    }

    /// A tool's arguments: an object.
    enum Input: Hashable, Sendable {
        /// Checked text of a JSON object, kept as the model wrote it.
        case text(String)
        case value(JSONValue)
    }

    case text(String)
    case image(format: String, Source)
    case document(format: String, name: String, Source)
    case audio(format: String, base64: String)
    /// Text that the guardrail looks at, where it is not to look at all.
    case guardedText(String)
    case reasoning(text: String, signature: String)
    /// Base64, as the model gave it.
    case redactedReasoning(String)
    case toolUse(id: String, name: String, Input)
    case toolResult(id: String, content: [ContentBlock], isError: Bool)
    case cachePoint(ttl: String?)

    var isText: Bool { if case .text = self { true } else { false } }
    var isDocument: Bool { if case .document = self { true } else { false } }
    var isCachePoint: Bool { if case .cachePoint = self { true } else { false } }
    var isTool: Bool {
        switch self {
        case .toolUse, .toolResult: true
        default: false
        }
    }

    /// Whether it may be part of a tool's result.
    var canBeResult: Bool {
        switch self {
        case .text, .image, .document: true
        default: false
        }
    }

    /// About how many bytes it takes on the wire.
    var byteCount: Int {
        switch self {
        case .text(let text), .guardedText(let text), .redactedReasoning(let text):
            text.utf8.count + 32
        case .image(_, .base64(let data)), .document(_, _, .base64(let data)),
            .audio(_, let data):
            data.utf8.count + 320
        case .reasoning(let text, let signature): text.utf8.count + signature.utf8.count + 80
        case .toolUse(_, _, .text(let input)): input.utf8.count + 192
        case .toolResult(_, let content, _): content.reduce(128) { $0 + $1.byteCount }
        default: 256
        }
    }
}

// MARK: - JSON

extension ContentBlock {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .text(let text):
            writer.key("text")
            writer.string(text)
        case .image(let format, let source):
            writer.key("image")
            writer.write(format: format, name: nil, source)
        case .document(let format, let name, let source):
            writer.key("document")
            writer.write(format: format, name: name, source)
        case .audio(let format, let data):
            writer.key("audio")
            writer.write(format: format, name: nil, .base64(data))
        case .guardedText(let text):
            writer.key("guardContent")
            writer.beginObject()
            writer.key("text")
            ContentBlock.text(text).write(to: &writer)
            writer.endObject()
        case .reasoning, .redactedReasoning:
            writer.key("reasoningContent")
            writeReasoning(to: &writer)
        case .toolUse, .toolResult: writeTool(to: &writer)
        case .cachePoint(let ttl):
            writer.key("cachePoint")
            writer.beginObject()
            writer.member("type", "default")
            if let ttl { writer.member("ttl", ttl) }
            writer.endObject()
        }
        writer.endObject()
    }

    private func writeReasoning(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .reasoning(let text, let signature):
            writer.key("reasoningText")
            writer.beginObject()
            writer.member("text", text)
            writer.member("signature", signature)
            writer.endObject()
        case .redactedReasoning(let data): writer.member("redactedContent", data)
        default: break
        }
        writer.endObject()
    }

    private func writeTool(to writer: inout JSONWriter) {
        switch self {
        case .toolUse(let id, let name, let input):
            writer.key("toolUse")
            writer.beginObject()
            writer.member("toolUseId", id)
            writer.member("name", name)
            writer.key("input")
            switch input {
            case .text(let text): writer.raw(text)
            case .value(let value): value.write(to: &writer)
            }
            writer.endObject()
        case .toolResult(let id, let content, let isError):
            writer.key("toolResult")
            writer.beginObject()
            writer.member("toolUseId", id)
            writer.key("content")
            writer.write(content)
            if isError { writer.member("status", "error") }
            writer.endObject()
        default: break
        }
    }
}

extension JSONWriter {
    mutating func member(_ key: StaticString, _ value: String) {
        self.key(key)
        string(value)
    }

    mutating func write(_ blocks: [ContentBlock]) {
        beginArray()
        for block in blocks { block.write(to: &self) }
        endArray()
    }

    fileprivate mutating func write(format: String, name: String?, _ source: ContentBlock.Source) {
        beginObject()
        member("format", format)
        if let name { member("name", name) }
        key("source")
        beginObject()
        switch source {
        case .base64(let data): member("bytes", data)
        case .s3(let address):
            key("s3Location")
            beginObject()
            member("uri", address)
            endObject()
        }
        endObject()
        endObject()
    }
}
