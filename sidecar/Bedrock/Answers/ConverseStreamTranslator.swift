package import JSON
package import OpenAI

/// Turns ConverseStream's events into the events of OpenAI's stream, each as soon as it is there.
///
/// Bytes to be sent are appended to the caller's buffer. Nothing may be sent to the client before
/// the first frame: as long as `hasBegun` is false, a failure can still become a status of its own
/// and be retried, and what was appended is to be thrown away.
package struct ConverseStreamTranslator {
    /// For accounting; told at the end, and nil when it was not.
    package private(set) var usage: TokenUsage?
    /// Whether text, reasoning or a tool call has come: the time to the first token is over.
    package private(set) var hasContent = false
    /// Whether an event has been translated.
    package private(set) var hasBegun = false
    /// What ended the stream before its time; the error event is in the buffer then.
    package private(set) var failure: BedrockFailure?
    /// A `stopReason` that is not known here and was taken for `stop`: worth a line in the log.
    package private(set) var unknownStopReason: String?

    let context: AnswerContext
    let scanner: JSONScanner
    let template: ChunkTemplate
    var blocks = StreamBlocks()
    private var hasRole = false
    /// `messageStop` has come.
    private var isStopped = false
    private var hasMetadata = false
    private var isFinished = false
    private var reasoningTokens = 0

    /// A translator for one stream; `scanner` is the worker's.
    package init(context: AnswerContext, scanner: JSONScanner) {
        self.context = context
        self.scanner = scanner
        template = ChunkTemplate(context)
    }

    /// Whether the stream is over, so that nothing that still comes counts.
    package var isOver: Bool { isFinished || failure != nil }

    /// Takes a frame of message type `event`: its `:event-type` and payload. Types that are not
    /// known are passed over.
    package mutating func event(_ type: String, payload: RawSpan, into output: inout [UInt8]) {
        guard !isOver else { return }
        do throws(BedrockFailure) {
            switch type {
            case "contentBlockDelta":
                if !isStopped { try delta(payload, into: &output) }
            case "contentBlockStart":
                if !isStopped { try start(payload, into: &output) }
            case "contentBlockStop":
                if !isStopped { try stop(payload, into: &output) }
            case "messageStart":
                _ = try scan(payload)
                beginMessage(into: &output)
            case "messageStop":
                if !isStopped { try stopMessage(payload, into: &output) }
            case "metadata":
                // The usage is told once, and counted once.
                if !hasMetadata { try metadata(payload, into: &output) }
            default:
                // An exception's name has been seen where an event's belongs.
                guard type.hasSuffix("Exception") else { return }
                throw BedrockFailure(exception: type, payload: payload, scanner: scanner)
            }
            hasBegun = true
        } catch { fail(error, into: &output) }
    }

    /// Takes a frame of message type `exception`: its `:exception-type` and payload.
    package mutating func exception(
        _ type: String,
        payload: RawSpan,
        into output: inout [UInt8]
    ) {
        fail(BedrockFailure(exception: type, payload: payload, scanner: scanner), into: &output)
    }

    /// Takes a frame of message type `error`: its `:error-code` and `:error-message`.
    package mutating func error(code: String, message: String, into output: inout [UInt8]) {
        fail(BedrockFailure(errorCode: code, message: message), into: &output)
    }

    /// Ends the stream with a failure of the caller's, such as a frame that cannot be decoded.
    package mutating func fail(_ failure: BedrockFailure, into output: inout [UInt8]) {
        guard !isOver else { return }
        self.failure = failure
        output += failure.error.event(.chat)
    }

    /// Ends the stream. `isClean` says that the body ended as HTTP demands, after a whole frame.
    ///
    /// A stream that broke after `metadata` had said all there was to say.
    package mutating func finish(isClean: Bool, into output: inout [UInt8]) -> StreamEnd {
        if failure != nil { return .failed }
        if isFinished { return .complete }
        guard isStopped, isClean || hasMetadata else {
            fail(.streamTruncated, into: &output)
            return .truncated
        }
        isFinished = true
        output += OpenAIError.doneEvent
        return .complete
    }

    // MARK: parts

    func scan(_ payload: RawSpan) throws(BedrockFailure) -> Range<Int> {
        do { return try scanner.scan(payload, names: ConverseField.names) } catch {
            throw .invalidAnswer("holds an event that is not JSON")
        }
    }

    /// Sends the role, which clients expect first, unless it was sent.
    mutating func beginMessage(into output: inout [UInt8]) {
        guard !hasRole else { return }
        hasRole = true
        if context.form == .chat { template.role(into: &output) }
    }

    /// Notes that content follows.
    mutating func beginContent(into output: inout [UInt8]) {
        beginMessage(into: &output)
        hasContent = true
    }

    private mutating func stopMessage(
        _ payload: RawSpan,
        into output: inout [UInt8]
    ) throws(BedrockFailure) {
        var fields = Fields()
        for index in try scan(payload) { fields.note(scanner[index]) }
        let name = fields.stopReason.flatMap { JSONScalars.string(of: payload, at: $0.value) } ?? ""
        let reason = StopReason(name)
        closeAll(into: &output)
        releaseText(into: &output)
        beginMessage(into: &output)
        guard reason.isUsable(hasText: blocks.hasText, hasToolCalls: blocks.toolCount > 0) else {
            throw .malformedOutput(name)
        }
        isStopped = true
        unknownStopReason = reason.unknownName
        if let additional = fields.additional {
            var tokens = TokenUsage()
            tokens.mergeDetails(additional, in: payload, scanner: scanner)
            reasoningTokens = tokens.reasoning
        }
        let finish = reason.finishReason(
            hasToolCalls: blocks.toolCount > 0,
            usedJSONTool: blocks.usedJSONTool && blocks.toolCount == 0,
            form: context.form
        )
        var others = JSONWriter()
        fields.writeOthers(in: payload, scanner: scanner, to: &others)
        template.end(reason: finish, into: &output) { $0.members(others.bytes) }
    }

    private mutating func metadata(
        _ payload: RawSpan,
        into output: inout [UInt8]
    ) throws(BedrockFailure) {
        var fields = Fields()
        for index in try scan(payload) { fields.note(scanner[index]) }
        hasMetadata = true
        var others = JSONWriter()
        fields.writeOthers(in: payload, scanner: scanner, to: &others)
        if var usage = fields.usage(in: payload, scanner: scanner) {
            usage.reasoning = reasoningTokens
            self.usage = usage
            if context.includesUsage {
                template.usage(usage, into: &output) { $0.members(others.bytes) }
                return
            }
        }
        // A trace is there because the request asked for it, and so has to reach the client.
        if fields.hasTrace {
            template.end(reason: nil, into: &output) { $0.members(others.bytes) }
        }
    }
}
