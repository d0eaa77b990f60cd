internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI
internal import Providers
internal import Upstream

/// Brings an event stream to the client as it comes, and never lets it end in silence.
struct StreamRelay {
    let context: WorkerContext
    let request: ProxyRequest
    let exchange: any UpstreamExchange
    let plan: RewritePlan

    private var connection: ServerConnection { request.connection }
    private var dialect: ResponseDialect { request.endpoint.dialect ?? .other }

    func run() async throws(RequestFailure) {
        var rewriter = EventStreamRewriter(
            dialect: dialect,
            publicModel: plan.publicModel,
            hidesUsage: plan.hidesUsage,
            scanner: context.scanner,
            heldBytesMax: request.snapshot.limits.eventBytes
        )
        beginHead()
        connection.beginStream()
        do {
            let failure = try await relay(&rewriter)
            request.usage = rewriter.state.usage
            try await end(&rewriter, failure)
        } catch {
            request.usage = rewriter.state.usage
            throw .connection(error)
        }
    }

    /// Relays until the upstream's end.
    /// - Returns: why that came early, nil when it did not.
    private func relay(
        _ rewriter: inout EventStreamRewriter
    ) async throws(ServerConnectionError) -> UpstreamError? {
        var pieces: [StreamPiece] = []
        let idleMS = request.deployment.map { Timing(request: request, deployment: $0).idleMS }
        do {
            while true {
                switch try exchange.read() {
                case .bytes(let bytes):
                    pieces.removeAll(keepingCapacity: true)
                    rewriter.feed(bytes.span, into: &pieces)
                    if request.firstContentAt == nil, rewriter.state.hasContent {
                        request.firstContentAt = context.loop.now
                    }
                    if !pieces.isEmpty {
                        try await send(pieces, bytes)
                    }
                case .pending:
                    // The head, if it waits still: the client may want to know.
                    try await flush()
                    let idle = context.loop.now.advanced(milliseconds: idleMS ?? 120_000)
                    try await exchange.wait(until: idle)
                case .end:
                    return nil
                }
            }
        } catch let error as UpstreamError {
            if error.kind == .cancelled, !request.isCutByDrain { throw .gone }
            context.telemetry.count(error)
            return error
        } catch let error as ServerConnectionError {
            throw error
        } catch {
            throw .gone
        }
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

    private func flush() async throws(ServerConnectionError) {
        try await connection.flush()
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
        case .failed: request.errorClass = OpenAIError.Class.internalServer.rawValue
        case .missingDone: pieces.append(.bytes(OpenAIError.doneEvent))
        case .truncated:
            let error = reason(failure)
            request.errorClass = error.errorClass.rawValue
            pieces.append(.bytes(error.event(dialect)))
        }
        let tail = pieces
        try await connection.sendPieces { output in
            for case .bytes(let bytes) in tail { output.append(keeping: bytes) }
        }
        try await connection.endStream()
    }

    private func reason(_ failure: UpstreamError?) -> OpenAIError {
        if request.isCutByDrain { return .draining }
        guard let failure else { return .streamTruncated }
        if failure.kind == .idleTimeout, let deployment = request.deployment {
            let timing = Timing(request: request, deployment: deployment)
            return .streamStalled(seconds: Double(timing.idleMS) / 1000)
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
