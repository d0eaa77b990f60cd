package import JSON
package import OpenAI

/// Converse's answer as the client's endpoint gives it.
package struct ConverseAnswer: Sendable {
    /// A `chat.completion` or `text_completion`.
    package let body: [UInt8]
    /// For accounting; nil when AWS told none.
    package let usage: TokenUsage?
    /// A `stopReason` that is not known here and was taken for `stop`: worth a line in the log.
    package let unknownStopReason: String?

    /// Translates the body of an answer with status 200; throws when it is none of Converse's, or
    /// when the model came to nothing that could be used.
    package init(
        _ document: RawSpan,
        context: AnswerContext,
        scanner: JSONScanner
    ) throws(BedrockFailure) {
        var fields = Fields()
        do {
            for index in try scanner.scan(document, names: ConverseField.names) {
                fields.note(scanner[index])
            }
        } catch { throw .invalidAnswer("is not JSON") }
        guard let output = fields.output,
            let said = scanner.field(.message, of: output, in: document)
        else { throw .noOutput }
        var message = try ConverseMessage(
            scanner.field(.content, of: said, in: document),
            in: document,
            scanner: scanner,
            jsonTool: context.jsonTool
        )
        let reason = fields.stopReason.flatMap {
            JSONScalars.string(of: document, at: $0.value)
        }
        let stop = StopReason(reason ?? "")
        let hasText = !message.text.isEmpty || message.json != nil
        guard stop.isUsable(hasText: hasText, hasToolCalls: !message.toolCalls.isEmpty) else {
            throw .malformedOutput(reason ?? "")
        }
        if stop == .malformedTool { message.dropToolCalls() }
        unknownStopReason = stop.unknownName
        usage = fields.usage(in: document, scanner: scanner)

        var bytes: [UInt8] = []
        // The parts of an answer that AWS does not send take about as much.
        bytes.reserveCapacity(document.byteCount + 512)
        var writer = JSONWriter(into: bytes)
        bytes = []
        writer.beginObject()
        writer.writeHead(context, isChunk: false)
        writer.key("choices")
        writer.beginArray()
        writer.write(message, stop: stop, context: context)
        writer.endArray()
        if let usage {
            writer.key("usage")
            usage.write(to: &writer)
        }
        fields.writeOthers(in: document, scanner: scanner, to: &writer)
        writer.endObject()
        body = writer.bytes
    }
}

/// The outermost members of an answer, or of a stream's `metadata` and `messageStop`.
struct Fields {
    private(set) var output: JSONMember?
    private(set) var stopReason: JSONMember?
    private(set) var usage: JSONMember?
    private(set) var additional: JSONMember?
    private var trace: JSONMember?
    private var serviceTier: JSONMember?

    mutating func note(_ member: JSONMember) {
        switch (member.field, member.kind) {
        case (.output, .object): output = member
        case (.stopReason, .string): stopReason = member
        case (.usage, .object): usage = member
        case (.trace, .object): trace = member
        case (.serviceTier, .object): serviceTier = member
        case (.additionalFields, .object): additional = member
        default: break
        }
    }

    /// Whether there is something that only the one who asked for it gets.
    var hasTrace: Bool { trace != nil }

    func usage(in document: RawSpan, scanner: JSONScanner) -> TokenUsage? {
        guard let usage else { return nil }
        var tokens = TokenUsage(converse: usage, in: document, scanner: scanner)
        if let additional {
            tokens.mergeDetails(additional, in: document, scanner: scanner)
        }
        return tokens
    }

    /// `service_tier`, and what the request asked for by Bedrock's own names: the guardrail's
    /// `trace` and `additionalModelResponseFields`.
    func writeOthers(in document: RawSpan, scanner: JSONScanner, to writer: inout JSONWriter) {
        if let serviceTier, let type = scanner.field(.type, of: serviceTier, in: document),
            type.kind == .string, let name = JSONText.string(document, at: type.value)
        {
            writer.key("service_tier")
            writer.raw(name)
        }
        if let trace, let value = JSONText.checked(document, at: trace.value) {
            writer.key("trace")
            writer.raw(value)
        }
        if let additional, let value = JSONText.checked(document, at: additional.value) {
            writer.key("additionalModelResponseFields")
            writer.raw(value)
        }
    }
}

extension BedrockFailure {
    /// The model stopped because its own output was broken, and left nothing of use.
    static func malformedOutput(_ reason: String) -> BedrockFailure {
        BedrockFailure(
            name: "",
            rule: .badGateway(.badGateway, "model_error"),
            message: "The model's output was malformed (\(reason))."
        )
    }
}
