internal import AWS
internal import Bedrock
internal import EventLoop
internal import HTTP
internal import OpenAI
internal import Routing
internal import Upstream

/// Brings ConverseStream's frames to the client as events of OpenAI's stream, each as soon as its
/// last byte is in, and never lets the stream end in silence.
final class BedrockStream {
    private let context: WorkerContext
    private let request: ProxyRequest
    private let exchange: any UpstreamExchange
    private var decoder = EventStreamDecoder()
    private var translator: ConverseStreamTranslator
    /// Events that are yet to be sent.
    private var output: [UInt8] = []

    init(
        context: WorkerContext,
        request: ProxyRequest,
        exchange: any UpstreamExchange,
        answer: AnswerContext
    ) {
        self.context = context
        self.request = request
        self.exchange = exchange
        translator = ConverseStreamTranslator(context: answer, scanner: context.scanner)
    }

    private var connection: ServerConnection { request.connection }

    /// - Returns: nil when the client has its answer, or what there is of one.
    func run() async throws(RequestFailure) -> FailedAnswer? {
        // Until there is an event, another attempt may be made.
        if let failed = try await begin() {
            request.upstreamEndedAt = .now()
            exchange.cancel()
            return failed
        }
        // A long prompt need not wait for the end of a long stream.
        connection.releaseBody()
        beginHead()
        connection.beginStream()
        do {
            let failure = try await relay()
            request.usage = translator.usage
            try await end(failure)
        } catch {
            request.usage = translator.usage
            throw .connection(error)
        }
        return nil
    }

    // MARK: - The beginning

    private func begin() async throws(RequestFailure) -> FailedAnswer? {
        let deadline = request.headDeadline(context.loop.now)
        do throws(UpstreamError) {
            while !translator.hasBegun, translator.failure == nil {
                switch try exchange.read() {
                case .bytes(let bytes):
                    take(bytes)
                    // Frames that say nothing may come without a pause, and for ever.
                    if !translator.hasBegun, context.loop.now >= deadline {
                        throw UpstreamError(.firstByteTimeout, "no event in time")
                    }
                case .pending: try await exchange.wait(until: deadline)
                case .end: finish(isClean: true)
                }
            }
        } catch {
            let isLate = error.kind == .idleTimeout
            return try FailedAnswer(
                isLate ? UpstreamError(.firstByteTimeout, error.detail) : error,
                request,
                context
            )
        }
        // A failure behind the first event belongs to the stream.
        guard !translator.hasBegun, let failure = translator.failure else { return nil }
        return FailedAnswer(failure, request)
    }

    private func beginHead() {
        request.status = 200
        let writer = connection.beginResponse(status: 200)
        writer.line(context.date.currentLine())
        writer.field("content-type", "text/event-stream; charset=utf-8")
        writer.field("cache-control", "no-cache")
        writer.field("x-accel-buffering", "no")
        AnswerHead(request: request).writeOwn(to: writer)
    }

    // MARK: - The rest

    /// Relays until the upstream's end, or a failure that it told.
    /// - Returns: why the end came early, nil when it did not.
    private func relay() async throws(ServerConnectionError) -> UpstreamError? {
        do {
            try await flush()
            while translator.failure == nil {
                switch try exchange.read() {
                case .bytes(let bytes):
                    take(bytes)
                    try await flush()
                case .pending:
                    try await exchange.wait(until: request.idleDeadline(context.loop.now))
                case .end: return nil
                }
            }
            return nil
        } catch let error as UpstreamError {
            if error.kind == .cancelled, !request.isCutByDrain { throw .gone }
            context.note(error, request)
            return error
        } catch let error as ServerConnectionError {
            throw error
        } catch {
            throw .gone
        }
    }

    private func flush() async throws(ServerConnectionError) {
        if request.firstContentAt == nil, translator.hasContent {
            request.firstContentAt = context.loop.now
        }
        if output.isEmpty { return }
        let events = output
        output = []
        request.caching?.take(events, request)
        try await connection.sendPieces { $0.append(keeping: events) }
    }

    /// Tells the client of a stream that is not complete.
    private func end(_ failure: UpstreamError?) async throws(ServerConnectionError) {
        request.upstreamEndedAt = .now()
        let hadFailed = translator.failure != nil
        let sent = output.count
        finish(isClean: failure == nil)
        if let own = ownReason(failure), !hadFailed, translator.failure != nil {
            output.removeSubrange(sent...)
            output += own.event(.chat)
            note(own.errorClass, own.errorClass == .timeout ? .timeout : .connection)
        } else if let told = translator.failure {
            note(told.error.errorClass, FailureKind(told.kind))
        }
        if translator.failure != nil { exchange.cancel() }
        let isComplete = translator.failure == nil && translator.unknownStopReason == nil
        context.shared.note(
            unknownStopReason: translator.unknownStopReason,
            model: request.upstreamModel ?? ""
        )
        try await flush()
        request.caching?.storeTranslated(isComplete: isComplete, request, context)
        try await connection.endStream()
    }

    private func note(_ errorClass: OpenAIError.Class, _ kind: FailureKind) {
        request.errorClass = errorClass.rawValue
        request.streamFailure = kind
    }

    /// Why this gateway gave up, where it did.
    private func ownReason(_ failure: UpstreamError?) -> OpenAIError? {
        if request.isCutByDrain { return .draining }
        guard failure?.kind == .idleTimeout else { return nil }
        return .streamStalled(seconds: Double(request.timing.idleMS) / 1000)
    }

    // MARK: - Frames

    private func take(_ bytes: LoopBytes) {
        // A frame becomes an event of about the same size, with what all events say before it.
        if output.isEmpty { output.reserveCapacity(bytes.span.byteCount + 256) }
        do throws(EventStreamError) {
            try decoder.feed(bytes.span) { headers, payload in
                pass(headers.kind, payload)
            }
        } catch {
            // Where the next frame begins is not known any more.
            translator.fail(.streamTruncated, into: &output)
        }
    }

    private func pass(_ kind: EventStreamKind, _ payload: RawSpan) {
        switch kind {
        case .event(let type): translator.event(type, payload: payload, into: &output)
        case .exception(let type): translator.exception(type, payload: payload, into: &output)
        case .error(let code, let message):
            translator.error(code: code, message: message, into: &output)
        case .unknown: break
        }
    }

    private func finish(isClean: Bool) {
        let isWhole = isClean && decoder.isAtBoundary
        _ = translator.finish(isClean: isWhole, into: &output)
    }
}
