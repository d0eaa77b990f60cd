internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI
internal import Providers
internal import Upstream

/// Brings an upstream's answer to the client: streams piece by piece, JSON as a whole so that its
/// model's name and its usage can be seen to, everything else as it comes.
struct AnswerRelay {
    let context: WorkerContext
    let request: ProxyRequest
    let exchange: any UpstreamExchange
    let plan: RewritePlan

    private var connection: ServerConnection { request.connection }
    private var limits: ProxyLimits { request.snapshot.limits }

    func run() async throws(RequestFailure) {
        if exchange.status >= 400 {
            request.errorClass = OpenAIError.errorClass(ofStatus: exchange.status).rawValue
        }
        do {
            try await relay()
        } catch {
            if case .answer(let error) = error, !request.isCutByDrain {
                request.noteFailedAttempt(
                    status: error.status,
                    errorClass: error.errorClass.rawValue
                )
            } else {
                noteFailure()
            }
            throw error
        }
        noteFailure()
    }

    /// An error answer, or a stream that broke, is a failure of the deployment's.
    private func noteFailure() {
        guard let errorClass = request.errorClass, !request.isCutByDrain else { return }
        let status = exchange.status < 400 ? 500 : exchange.status
        request.noteFailedAttempt(status: status, errorClass: errorClass)
    }

    private func relay() async throws(RequestFailure) {
        let fields = exchange.fields
        let type = fields.first("content-type")
        // What is encoded cannot be looked into, and nothing of ours can be put behind it.
        if let coding = fields.string("content-encoding"), coding.lowercased() != "identity" {
            return try await relayRaw(head: nil)
        }
        if fields.value(of: type, hasPrefix: "text/event-stream"), exchange.status < 400 {
            try await StreamRelay(
                context: context,
                request: request,
                exchange: exchange,
                plan: plan
            ).run()
        } else if fields.value(of: type, hasPrefix: "application/json") || exchange.status >= 400 {
            try await relayWhole()
        } else {
            try await relayRaw(head: nil)
        }
    }

    // MARK: - Whole answers

    private func relayWhole() async throws(RequestFailure) {
        let known = exchange.contentLength ?? 0
        guard known <= limits.responseBodyBytes else { return try await relayRaw(head: nil) }
        let buffer = context.io.makeBuffer(known)
        defer { context.io.recycle(buffer) }
        let budget = HeldBudget(context.io.budget)
        while let piece = try await nextPiece() {
            let isTooMuch = buffer.count + piece.count > limits.responseBodyBytes
            guard !isTooMuch && budget.take(piece.count) else {
                buffer.append(piece)
                return try await relayRaw(head: buffer)
            }
            buffer.append(piece)
        }
        request.upstreamEndedAt = .now()
        try await sendWhole(buffer)
    }

    private func sendWhole(_ buffer: ByteBuffer) async throws(RequestFailure) {
        var edits = BodyEdits(bodyCount: buffer.count)
        if exchange.status < 400, let dialect = request.endpoint.dialect,
            let facts = ResponseFacts(buffer.span, dialect: dialect, scanner: context.scanner)
        {
            request.usage = facts.usage
            if let publicModel = plan.publicModel {
                edits = facts.edits(publicModel: publicModel, body: buffer.span)
            }
        }
        if exchange.status >= 400 {
            request.errorClass =
                OpenAIError.errorClass(ofStatus: exchange.status, body: buffer.span).rawValue
        }
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
        if let errorClass = request.errorClass {
            writer.field("x-sidegate-error-class", errorClass)
        }
        if exchange.status >= 400, request.attempts > 1 {
            // Other deployments were asked already; SDKs would ask them all again.
            writer.field("x-should-retry", "false")
        }
    }

    /// The next bytes, valid until the next suspension; nil at the end.
    private func nextPiece() async throws(RequestFailure) -> LoopBytes? {
        guard let deployment = request.deployment else { return nil }
        do {
            while true {
                switch try exchange.read() {
                case .bytes(let bytes): return bytes
                case .end: return nil
                case .pending:
                    let timing = Timing(request: request, deployment: deployment)
                    let start = request.sentAt ?? context.loop.now
                    let idle = context.loop.now.advanced(milliseconds: timing.idleMS)
                    let total = start.advanced(milliseconds: timing.totalMS)
                    try await exchange.wait(until: request.isStream ? idle : total)
                }
            }
        } catch {
            context.telemetry.count(error)
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
