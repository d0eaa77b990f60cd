internal import JSON

/// The message of a Converse answer, its blocks sorted by what they become.
struct ConverseMessage {
    struct ToolCall {
        var id: String
        var name: String
        /// JSON.
        var arguments: String
    }

    /// JSON strings' insides.
    private(set) var text: [UInt8] = []
    private(set) var reasoning: [UInt8] = []
    /// Blocks that a client can send back, as JSON objects.
    private(set) var thinking: [[UInt8]] = []
    private(set) var toolCalls: [ToolCall] = []
    /// What the tool that stands for a JSON schema was given.
    private(set) var json: String?

    private let jsonTool: String?

    /// Sorts the blocks of the `content` list; blocks that OpenAI has no place for are left out.
    init(
        _ content: JSONMember?,
        in document: RawSpan,
        scanner: JSONScanner,
        jsonTool: String?
    ) throws(BedrockFailure) {
        self.jsonTool = jsonTool
        guard let content else { return }
        for index in scanner.fields(of: content, in: document) {
            // A block is a union: it has one member.
            for part in scanner.fields(of: scanner[index], in: document) {
                let member = scanner[part]
                switch member.field {
                case .text: text += try inside(member, document)
                case .toolUse: try add(tool: member, document, scanner)
                case .reasoningContent: try add(reasoning: member, document, scanner)
                case .citationsContent: try add(citations: member, document, scanner)
                default: break
                }
            }
        }
    }

    /// A call that the model itself says is malformed must not be made.
    mutating func dropToolCalls() { toolCalls = [] }

    private func inside(
        _ member: JSONMember,
        _ document: RawSpan
    ) throws(BedrockFailure) -> ArraySlice<UInt8> {
        guard member.kind == .string else { return [] }
        guard let inside = JSONText.inside(document, at: member.value) else {
            throw .invalidAnswer("holds a string that is not valid")
        }
        return inside
    }

    private mutating func add(
        tool: JSONMember,
        _ document: RawSpan,
        _ scanner: JSONScanner
    ) throws(BedrockFailure) {
        guard tool.kind == .object else { return }
        var id: String?
        var name: String?
        var input = "{}"
        for index in scanner.fields(of: tool, in: document) {
            let member = scanner[index]
            switch (member.field, member.kind) {
            case (.toolUseId, .string): id = JSONScalars.string(of: document, at: member.value)
            case (.name, .string): name = JSONScalars.string(of: document, at: member.value)
            case (.input, let kind) where kind != .null:
                input = String(
                    decoding: JSONText.compact(document, at: member.value),
                    as: UTF8.self
                )
            default: break
            }
        }
        guard let id, let name else { throw .invalidAnswer("holds a tool call without a name") }
        if name == jsonTool {
            if json == nil { json = input }
        } else {
            toolCalls.append(ToolCall(id: id, name: name, arguments: input))
        }
    }

    private mutating func add(
        reasoning content: JSONMember,
        _ document: RawSpan,
        _ scanner: JSONScanner
    ) throws(BedrockFailure) {
        if let redacted = scanner.field(.redactedContent, of: content, in: document) {
            thinking.append(Thinking.redacted(JSONText.quoted(try inside(redacted, document))))
        }
        guard let block = scanner.field(.reasoningText, of: content, in: document) else { return }
        var said: ArraySlice<UInt8> = []
        var signature: ArraySlice<UInt8>?
        for index in scanner.fields(of: block, in: document) {
            let member = scanner[index]
            switch (member.field, member.kind) {
            case (.text, _): said = try inside(member, document)
            case (.signature, .string): signature = try inside(member, document)
            default: break
            }
        }
        reasoning += said
        guard let signature else { return }
        thinking.append(Thinking.signed(said, signature: JSONText.quoted(signature)))
    }

    /// The text that citations are about is part of the answer; the citations have no place in it.
    private mutating func add(
        citations: JSONMember,
        _ document: RawSpan,
        _ scanner: JSONScanner
    ) throws(BedrockFailure) {
        guard let content = scanner.field(.content, of: citations, in: document) else { return }
        for index in scanner.fields(of: content, in: document) {
            if let part = scanner.field(.text, of: scanner[index], in: document) {
                text += try inside(part, document)
            }
        }
    }
}

/// Elements of `thinking_blocks`, in Anthropic's form. Reasoning without a signature is none of
/// them, since a model takes back only what it has signed.
enum Thinking {
    /// - Parameters:
    ///   - text: the inside of a JSON string.
    ///   - signature: a JSON string.
    static func signed(_ text: some Collection<UInt8>, signature: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("type")
        writer.string("thinking")
        writer.key("thinking")
        writer.raw(JSONText.quoted(text))
        writer.key("signature")
        writer.raw(signature)
        writer.endObject()
        return writer.bytes
    }

    /// `data` is a JSON string.
    static func redacted(_ data: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("type")
        writer.string("redacted_thinking")
        writer.key("data")
        writer.raw(data)
        writer.endObject()
        return writer.bytes
    }
}
