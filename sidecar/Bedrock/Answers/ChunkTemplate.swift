internal import JSON
internal import OpenAI

/// The parts that all chunks of a stream have in common, written once.
struct ChunkTemplate {
    /// From `data: ` to before what the choice says.
    private let head: [UInt8]
    /// After it, up to the event's end.
    private let tail: [UInt8]
    /// From `data: ` to before `choices`.
    private let start: [UInt8]
    private let form: AnswerContext.Form
    private let includesUsage: Bool

    init(_ context: AnswerContext) {
        form = context.form
        includesUsage = context.includesUsage
        var writer = JSONWriter(into: Array("data: ".utf8))
        writer.beginObject()
        writer.writeHead(context, isChunk: true)
        start = writer.bytes
        let choice = #","choices":[{"index":0,"#
        let usage = context.includesUsage ? #","usage":null}"# : "}"
        switch context.form {
        case .chat:
            head = start + Array((choice + #""delta":{"#).utf8)
            tail = Array((#"},"finish_reason":null}]"# + usage + "\n\n").utf8)
        case .text:
            head = start + Array((choice + #""text":"#).utf8)
            tail = Array((#","logprobs":null,"finish_reason":null}]"# + usage + "\n\n").utf8)
        }
    }

    /// A chunk with one member of a chat's `delta`, such as `"content":`, and its value.
    func delta(_ key: StaticString, _ value: [UInt8], into output: inout [UInt8]) {
        output += head
        output.append(key)
        output += value
        output += tail
    }

    /// A chunk with text, a JSON string.
    func text(_ text: [UInt8], into output: inout [UInt8]) {
        switch form {
        case .chat: delta(#""content":"#, text, into: &output)
        case .text:
            output += head
            output += text
            output += tail
        }
    }

    /// The first chunk of a chat.
    func role(into output: inout [UInt8]) {
        output += head
        output.append(#""role":"assistant","content":"""#)
        output += tail
    }

    /// The first chunk of a tool call, without arguments.
    func toolCall(_ index: Int, id: String, name: String, into output: inout [UInt8]) {
        var writer = JSONWriter()
        writer.beginArray()
        writer.beginObject()
        writer.key("index")
        writer.integer(index)
        writer.key("id")
        writer.string(id)
        writer.key("type")
        writer.string("function")
        writer.key("function")
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.key("arguments")
        writer.string("")
        writer.endObject()
        writer.endObject()
        writer.endArray()
        delta(#""tool_calls":"#, writer.bytes, into: &output)
    }

    /// A further piece of a tool call's arguments, a JSON string.
    func arguments(_ index: Int, _ piece: [UInt8], into output: inout [UInt8]) {
        output += head
        output.append(#""tool_calls":[{"index":"#)
        output.append(contentsOf: String(index).utf8)
        output.append(#","function":{"arguments":"#)
        output += piece
        output.append("}}]")
        output += tail
    }

    /// The chunk that says why the answer ends; `reason` is nil for one that says other things
    /// about the answer, which `others` writes.
    func end(
        reason: StaticString?,
        into output: inout [UInt8],
        others: (inout JSONWriter) -> Void
    ) {
        event(into: &output) { writer in
            writer.beginArray()
            writer.beginObject()
            writer.key("index")
            writer.integer(0)
            switch form {
            case .chat:
                writer.key("delta")
                writer.raw("{}")
            case .text:
                writer.key("text")
                writer.string("")
                writer.key("logprobs")
                writer.null()
            }
            writer.key("finish_reason")
            writer.string(reason?.description)
            writer.endObject()
            writer.endArray()
            if includesUsage {
                writer.key("usage")
                writer.null()
            }
            others(&writer)
        }
    }

    /// The chunk without choices that tells the usage.
    func usage(
        _ usage: TokenUsage,
        into output: inout [UInt8],
        others: (inout JSONWriter) -> Void
    ) {
        event(into: &output) { writer in
            writer.raw("[]")
            writer.key("usage")
            usage.write(to: &writer)
            others(&writer)
        }
    }

    /// An event from `choices` on.
    private func event(into output: inout [UInt8], rest: (inout JSONWriter) -> Void) {
        output += start
        output.append(#","choices":"#)
        var writer = JSONWriter()
        rest(&writer)
        output += writer.bytes
        output.append("}\n\n")
    }
}

extension [UInt8] {
    /// A text of the program's own, which is ASCII.
    fileprivate mutating func append(_ text: StaticString) {
        append(contentsOf: text.description.utf8)
    }
}
