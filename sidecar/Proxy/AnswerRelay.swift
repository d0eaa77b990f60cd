internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI
internal import Providers
internal import Upstream

/// Brings an upstream's good answer to the client: streams piece by piece, JSON as a whole so that
/// its model's name and its usage can be seen to, everything else as it comes.
///
/// What goes wrong before anything of it is on its way to the client is thrown as an answer, in
/// place of which another attempt may be made.
struct AnswerRelay {
    let context: WorkerContext
    let request: ProxyRequest
    let exchange: any UpstreamExchange
    let restoration: Restoration

    private var connection: ServerConnection { request.connection }
    private var limits: ProxyLimits { request.snapshot.limits }

    func run() async throws(RequestFailure) {
        let fields = exchange.fields
        let type = fields.first("content-type")
        // What is encoded cannot be looked into, and nothing of ours can be put behind it.
        if let coding = fields.string("content-encoding"), coding.lowercased() != "identity" {
            return try await relayRaw(head: nil)
        }
        if fields.value(of: type, hasPrefix: "text/event-stream") {
            try await StreamRelay(
                context: context,
                request: request,
                exchange: exchange,
                restoration: restoration
            ).run()
        } else if fields.value(of: type, hasPrefix: "application/json")
            || request.endpoint.answersJSON && exchange.status == 200
        {
            try await relayWhole()
        } else {
            try await relayRaw(head: nil)
        }
    }

    // MARK: - Whole answers

    private func relayWhole() async throws(RequestFailure) {
        switch try await readWhole(bytesMax: limits.responseBodyBytes) {
        case .whole(let body):
            request.upstreamEndedAt = .now()
            try await sendWhole(body.buffer)
        case .part(let buffer):
            defer { context.io.recycle(buffer) }
            try await relayRaw(head: buffer)
        }
    }

    private enum Reading {
        case whole(HeldBody)
        /// More than may be held; the rest is still to be read.
        case part(ByteBuffer)
    }

    /// The body of an answer that is kept for later; nil when it is more than may be held.
    func readHeld() async throws(RequestFailure) -> HeldBody? {
        let most = min(limits.responseBodyBytes, AnswerRelay.heldErrorBytesMax)
        switch try await readWhole(bytesMax: most) {
        case .whole(let body): return body
        case .part(let buffer):
            context.io.recycle(buffer)
            return nil
        }
    }

    /// No error has more to say; it is held as long as others are tried.
    private static let heldErrorBytesMax = 1 << 20

    private func readWhole(bytesMax: Int) async throws(RequestFailure) -> Reading {
        let known = exchange.contentLength ?? 0
        if known > bytesMax { return .part(context.io.makeBuffer(0)) }
        let buffer = context.io.makeBuffer(known)
        let budget = HeldBudget(context.io.budget)
        let body = HeldBody(buffer, budget, context.io)
        while let piece = try await nextPiece() {
            let isTooMuch = buffer.count + piece.count > bytesMax
            guard !isTooMuch && budget.take(piece.count) else {
                buffer.append(piece)
                return .part(body.giveUp())
            }
            buffer.append(piece)
        }
        return .whole(body)
    }

    private func sendWhole(_ buffer: ByteBuffer) async throws(RequestFailure) {
        var edits = BodyEdits(bodyCount: buffer.count)
        let caching = exchange.status == 200 ? request.caching : nil
        var isComplete = false
        if let dialect = request.endpoint.dialect {
            if let facts = ResponseFacts(
                buffer.span,
                dialect: dialect,
                completeFor: caching == nil ? nil : request.endpoint,
                scanner: context.scanner
            ) {
                isComplete = facts.isComplete
                request.usage = facts.usage
                if let publicModel = restoration.publicModel {
                    edits = facts.edits(publicModel: publicModel, body: buffer.span)
                }
            } else if request.endpoint.answersJSON, exchange.status == 200 {
                throw .answer(.invalidResponse("the upstream's answer is no JSON object"))
            }
        }
        connection.releaseBody()
        caching?.store(
            edits.apply(to: buffer.span),
            count: edits.count,
            isComplete: isComplete,
            type: exchange.fields.string("content-type"),
            request
        )
        beginHead()
        let segments = edits.segments()
        do {
            try await connection.send(contentLength: edits.count) { output in
                for segment in segments {
                    switch segment {
                    case .body(let range): output.append(buffer, range)
                    case .bytes(let bytes): output.append(keeping: bytes)
                    }
                }
            }
        } catch {
            throw .connection(error)
        }
    }

    // MARK: - Unseen bodies

    /// Passes a body on as it comes. A break before its first byte is an error answer; a later one
    /// becomes a break towards the client, who could else take the part for the whole.
    private func relayRaw(head held: ByteBuffer?) async throws(RequestFailure) {
        var piece = held == nil ? try await nextPiece() : nil
        connection.releaseBody()
        beginHead()
        connection.beginStream(contentLength: exchange.contentLength)
        if let held {
            try await send { $0.append(held) }
            piece = try await nextPiece()
        }
        while let bytes = piece {
            try await send { $0.append(bytes) }
            piece = try await nextPiece()
        }
        request.upstreamEndedAt = .now()
        do {
            try await connection.endStream()
        } catch {
            throw .connection(error)
        }
    }

    private func send(_ fill: (OutputVector) -> Void) async throws(RequestFailure) {
        do {
            try await connection.sendPieces(fill)
        } catch {
            throw .connection(error)
        }
    }

    private func beginHead() {
        let writer = connection.beginResponse(status: exchange.status)
        let head = AnswerHead(request: request)
        head.writeUpstream(exchange.fields, to: writer)
        head.writeOwn(to: writer)
        head.writeDurations(to: writer)
    }

    /// The next bytes, valid until the next suspension; nil at the end.
    private func nextPiece() async throws(RequestFailure) -> LoopBytes? {
        do {
            while true {
                switch try exchange.read() {
                case .bytes(let bytes): return bytes
                case .end: return nil
                case .pending:
                    try await exchange.wait(until: request.bodyDeadline(context.loop.now))
                }
            }
        } catch {
            context.note(error, request)
            request.upstreamEndedAt = .now()
            if request.isCutByDrain { throw .answer(.draining) }
            if error.kind == .cancelled { throw .connection(.gone) }
            throw .answer(OpenAIError(error, request: request))
        }
    }
}

/// A share of the process' budget for bodies, given back when it goes.
final class HeldBudget {
    private let budget: BodyBudget
    private var held = 0

    init(_ budget: BodyBudget) {
        self.budget = budget
    }

    deinit {
        budget.giveBack(held)
    }

    func take(_ count: Int) -> Bool {
        guard budget.take(count) else { return false }
        held += count
        return true
    }
}
