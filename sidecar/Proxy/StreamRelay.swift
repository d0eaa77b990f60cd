internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI
internal import Routing
internal import Providers
internal import Upstream

/// Brings an event stream to the client as it comes, and never lets it end in silence.
struct StreamRelay {
    let context: WorkerContext
    let request: ProxyRequest
    let exchange: any UpstreamExchange
    let restoration: Restoration

    private var connection: ServerConnection { request.connection }
    private var dialect: ResponseDialect { request.endpoint.dialect ?? .other }

    func run() async throws(RequestFailure) {
        var rewriter = EventStreamRewriter(
            dialect: dialect,
            publicModel: restoration.publicModel,
            hidesUsage: restoration.hidesUsage,
            scanner: context.scanner,
            heldBytesMax: request.snapshot.limits.eventBytes
        )
        // Until there is something to send, another attempt may be made.
        let first = try await firstPiece()
        // A long prompt need not wait for the end of a long stream.
        connection.releaseBody()
        beginHead()
        connection.beginStream()
        do {
            let failure = try await relay(&rewriter, first)
            request.usage = rewriter.state.usage
            try await end(&rewriter, failure)
        } catch {
            request.usage = rewriter.state.usage
            throw .connection(error)
        }
    }

    /// The stream's first bytes, valid until the next suspension.
    private func firstPiece() async throws(RequestFailure) -> LoopBytes {
        let deadline = request.headDeadline(context.loop.now)
        do {
            while true {
                switch try exchange.read() {
                case .bytes(let bytes): return bytes
                case .pending: try await exchange.wait(until: deadline)
                case .end: throw UpstreamError(.closedInBody, "a stream without an event")
                }
            }
        } catch let error as UpstreamError {
            context.note(error, request)
            if request.isCutByDrain { throw .answer(.draining) }
            if error.kind == .cancelled { throw .connection(.gone) }
            let isLate = error.kind == .idleTimeout
            let failure = isLate ? UpstreamError(.firstByteTimeout, error.detail) : error
            throw .answer(OpenAIError(failure, request: request))
        } catch {
            throw .connection(.gone)
        }
    }

    /// Relays until the upstream's end.
    /// - Returns: why that came early, nil when it did not.
    private func relay(
        _ rewriter: inout EventStreamRewriter,
        _ first: LoopBytes
    ) async throws(ServerConnectionError) -> UpstreamError? {
        var pieces: [StreamPiece] = []
        do {
            try await pass(first, &rewriter, &pieces)
            while true {
                switch try exchange.read() {
                case .bytes(let bytes): try await pass(bytes, &rewriter, &pieces)
                case .pending:
                    try await exchange.wait(until: request.idleDeadline(context.loop.now))
                case .end:
                    return nil
                }
            }
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

    private func pass(
        _ bytes: LoopBytes,
        _ rewriter: inout EventStreamRewriter,
        _ pieces: inout [StreamPiece]
    ) async throws(ServerConnectionError) {
        pieces.removeAll(keepingCapacity: true)
        rewriter.feed(bytes.span, into: &pieces)
        if request.firstContentAt == nil, rewriter.state.hasContent {
            request.firstContentAt = context.loop.now
        }
        if pieces.isEmpty { return }
        if let caching = request.caching { caching.take(pieces, of: bytes.span, request) }
        try await send(pieces, bytes)
    }

    private func send(
        _ pieces: [StreamPiece],
        _ bytes: LoopBytes
    ) async throws(ServerConnectionError) {
        try await connection.sendPieces { output in
            for piece in pieces {
                switch piece {
                case .input(let range):
                    output.append(bytes, range)
                case .bytes(let bytes): output.append(keeping: bytes)
                }
            }
        }
    }

    /// Sends what was held back, and tells the client of a stream that is not complete.
    private func end(
        _ rewriter: inout EventStreamRewriter,
        _ failure: UpstreamError?
    ) async throws(ServerConnectionError) {
        request.upstreamEndedAt = .now()
        var pieces: [StreamPiece] = []
        switch rewriter.finish(isClean: failure == nil, into: &pieces) {
        case .complete: break
        case .failed:
            request.errorClass = OpenAIError.Class.internalServer.rawValue
            request.streamFailure = .internalServer
        case .missingDone: pieces.append(.bytes(OpenAIError.doneEvent))
        case .truncated:
            let error = reason(failure)
            request.errorClass = error.errorClass.rawValue
            request.streamFailure = error.errorClass == .timeout ? .timeout : .connection
            pieces.append(.bytes(error.event(dialect)))
        }
        let tail = pieces
        store(rewriter, tail)
        try await connection.sendPieces { output in
            for case .bytes(let bytes) in tail { output.append(keeping: bytes) }
        }
        try await connection.endStream()
    }

    /// Keeps the stream, if it came to its end, for others who ask the same.
    private func store(_ rewriter: EventStreamRewriter, _ tail: [StreamPiece]) {
        guard let caching = request.caching else { return }
        for case .bytes(let bytes) in tail { caching.take(bytes, request) }
        caching.storeStream(
            isComplete: exchange.status == 200 && request.errorClass == nil
                && rewriter.state.isWorthKeeping && !rewriter.hasPassedUnseen,
            type: exchange.fields.string("content-type"),
            request
        )
    }

    private func reason(_ failure: UpstreamError?) -> OpenAIError {
        if request.isCutByDrain { return .draining }
        guard let failure else { return .streamTruncated }
        if failure.kind == .idleTimeout {
            return .streamStalled(seconds: Double(request.timing.idleMS) / 1000)
        }
        return .streamTruncated
    }

    private func beginHead() {
        let writer = connection.beginResponse(status: exchange.status)
        let head = AnswerHead(request: request)
        head.writeUpstream(exchange.fields, to: writer)
        head.writeOwn(to: writer)
        if exchange.fields.first("cache-control") == nil {
            writer.field("cache-control", "no-cache")
        }
        if exchange.fields.first("x-accel-buffering") == nil {
            writer.field("x-accel-buffering", "no")
        }
    }
}
