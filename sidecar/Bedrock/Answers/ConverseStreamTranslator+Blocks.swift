internal import JSON

/// What is open in a stream, and what has been.
struct StreamBlocks {
    enum Block {
        /// A tool call of the client's, by its index among them.
        case tool(Int, hasInput: Bool)
        /// The tool that stands for a JSON schema.
        case json(hasInput: Bool)
        /// A second call of it, which there is no place for.
        case ignored
    }

    /// By `contentBlockIndex`.
    var open: [Int64: Block] = [:]
    /// Tool calls that have begun.
    var toolCount = 0
    var hasText = false
    var usedJSONTool = false
    /// Reasoning of the block at hand, for the signature that follows it: a JSON string's inside.
    var thinking: [UInt8] = []
    var thinkingIndex: Int64 = -1
    /// Text before the JSON that was asked for, a JSON string's inside. It is the answer if no JSON
    /// comes, and spoils it if it does.
    var heldText: [UInt8] = []
    var isHeldTextSent = false

    /// Open blocks at one time; models open one.
    static let openMax = 256
    /// Bytes of text that are held back; more than that is no word of introduction.
    static let heldBytesMax = 65_536
    /// Bytes of reasoning that are kept to be signed, several times what a model may say.
    static let thinkingBytesMax = 8 << 20
}

extension ConverseStreamTranslator {
    mutating func start(
        _ payload: RawSpan,
        into output: inout [UInt8]
    ) throws(BedrockFailure) {
        let (block, start) = try indexAndMember(.start, payload)
        guard let start, let tool = scanner.field(.toolUse, of: start, in: payload) else { return }
        var id: String?
        var name: String?
        for index in scanner.fields(of: tool, in: payload) {
            let member = scanner[index]
            guard member.kind == .string else { continue }
            switch member.field {
            case .toolUseId: id = JSONScalars.string(of: payload, at: member.value)
            case .name: name = JSONScalars.string(of: payload, at: member.value)
            default: break
            }
        }
        guard let id, let name else { throw .invalidAnswer("holds a tool call without a name") }
        guard blocks.open.count < StreamBlocks.openMax || blocks.open[block] != nil else {
            throw .invalidAnswer("opens too many blocks")
        }
        if name == context.jsonTool {
            blocks.open[block] = blocks.usedJSONTool ? .ignored : .json(hasInput: false)
            blocks.usedJSONTool = true
            blocks.heldText = []
            return
        }
        guard context.form == .chat else {
            blocks.open[block] = .ignored
            return
        }
        releaseText(into: &output)
        beginContent(into: &output)
        let call = blocks.toolCount
        blocks.open[block] = .tool(call, hasInput: false)
        blocks.toolCount += 1
        template.toolCall(call, id: id, name: context.clientName(name), into: &output)
    }

    mutating func delta(
        _ payload: RawSpan,
        into output: inout [UInt8]
    ) throws(BedrockFailure) {
        let (block, delta) = try indexAndMember(.delta, payload)
        guard let delta else { return }
        for index in scanner.fields(of: delta, in: payload) {
            let member = scanner[index]
            switch member.field {
            case .text:
                if let text = try string(member, payload) { send(text: text, into: &output) }
            case .toolUse:
                guard let input = scanner.field(.input, of: member, in: payload),
                    let piece = try string(input, payload)
                else { break }
                try send(input: piece, of: block, into: &output)
            case .reasoningContent:
                try reason(member, block, payload, into: &output)
            default: break
            }
        }
    }

    mutating func stop(
        _ payload: RawSpan,
        into output: inout [UInt8]
    ) throws(BedrockFailure) {
        let (block, _) = try indexAndMember(.contentBlockIndex, payload)
        close(block, into: &output)
    }

    /// Ends the blocks that have not had their end when the message has.
    mutating func closeAll(into output: inout [UInt8]) {
        for block in blocks.open.keys.sorted() { close(block, into: &output) }
    }

    /// A tool that takes no arguments gets an empty object, as clients parse what they get.
    private mutating func close(_ block: Int64, into output: inout [UInt8]) {
        switch blocks.open.removeValue(forKey: block) {
        case .tool(let index, hasInput: false):
            template.arguments(index, Self.emptyObject, into: &output)
        case .json(hasInput: false):
            blocks.hasText = true
            beginContent(into: &output)
            template.text(Self.emptyObject, into: &output)
        default: break
        }
        if block == blocks.thinkingIndex { blocks.thinking = [] }
    }

    private static let emptyObject = Array(#""{}""#.utf8)

    /// Sends text that was held back, which turned out to be the answer.
    mutating func releaseText(into output: inout [UInt8]) {
        guard !blocks.heldText.isEmpty else { return }
        let text = JSONText.quoted(blocks.heldText)
        blocks.heldText = []
        beginContent(into: &output)
        template.text(text, into: &output)
    }

    private mutating func send(text: [UInt8], into output: inout [UInt8]) {
        if context.jsonTool != nil {
            // Words after the JSON would spoil it, too.
            if blocks.usedJSONTool { return }
            blocks.hasText = true
            if !blocks.isHeldTextSent, blocks.toolCount == 0 {
                blocks.heldText += text.dropFirst().dropLast()
                guard blocks.heldText.count > StreamBlocks.heldBytesMax else { return }
                blocks.isHeldTextSent = true
                releaseText(into: &output)
                return
            }
        }
        blocks.hasText = true
        beginContent(into: &output)
        template.text(text, into: &output)
    }

    private mutating func send(
        input piece: [UInt8],
        of block: Int64,
        into output: inout [UInt8]
    ) throws(BedrockFailure) {
        switch blocks.open[block] {
        case .tool(let index, _):
            blocks.open[block] = .tool(index, hasInput: true)
            template.arguments(index, piece, into: &output)
        case .json:
            blocks.open[block] = .json(hasInput: true)
            blocks.hasText = true
            beginContent(into: &output)
            template.text(piece, into: &output)
        case .ignored: break
        case nil:
            // Left out, the client would be told of tool calls that it does not get.
            throw .invalidAnswer("goes on with a tool call that has not begun")
        }
    }

    private mutating func reason(
        _ content: JSONMember,
        _ block: Int64,
        _ payload: RawSpan,
        into output: inout [UInt8]
    ) throws(BedrockFailure) {
        guard context.form == .chat else { return }
        if block != blocks.thinkingIndex {
            blocks.thinkingIndex = block
            blocks.thinking = []
        }
        for index in scanner.fields(of: content, in: payload) {
            let member = scanner[index]
            guard let field = member.field, let said = try string(member, payload) else { continue }
            switch field {
            case .text:
                beginContent(into: &output)
                template.delta(#""reasoning_content":"#, said, into: &output)
                if blocks.thinking.count + said.count <= StreamBlocks.thinkingBytesMax {
                    blocks.thinking += said.dropFirst().dropLast()
                }
            case .signature:
                send(thinking: Thinking.signed(blocks.thinking, signature: said), into: &output)
            case .redactedContent:
                send(thinking: Thinking.redacted(said), into: &output)
            default: break
            }
        }
    }

    private mutating func send(thinking: [UInt8], into output: inout [UInt8]) {
        beginContent(into: &output)
        let list = [UInt8(ascii: "[")] + thinking + [UInt8(ascii: "]")]
        template.delta(#""thinking_blocks":"#, list, into: &output)
    }

    /// A string that is not empty, as JSON; nil for anything else.
    private func string(
        _ member: JSONMember,
        _ payload: RawSpan
    ) throws(BedrockFailure) -> [UInt8]? {
        guard member.kind == .string, member.value.count > 2 else { return nil }
        guard let text = JSONText.string(payload, at: member.value) else {
            throw .invalidAnswer("holds a string that is not valid")
        }
        return text
    }

    /// The block that an event is about, 0 where it does not say, and one member of the event.
    private func indexAndMember(
        _ field: ConverseField,
        _ payload: RawSpan
    ) throws(BedrockFailure) -> (Int64, JSONMember?) {
        var block: Int64 = 0
        var found: JSONMember?
        for index in try scan(payload) {
            let member = scanner[index]
            if member.field == .contentBlockIndex, member.kind == .number {
                block = JSONScalars.integer(of: payload, at: member.value) ?? 0
            }
            if member.field == field { found = member }
        }
        return (block, found)
    }
}
