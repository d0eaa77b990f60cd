internal import AWS
internal import Bedrock
internal import EventLoop
internal import HTTP
internal import OpenAI
internal import Providers
internal import Routing
internal import Upstream

/// Calls operations of Bedrock for one attempt: writes, signs and sends, and takes in errors.
final class BedrockCaller {
    private let context: WorkerContext
    private let request: ProxyRequest
    private let settings: BedrockSettings
    private let model: String
    /// The group's endpoint that was chosen; nil where the transport finds it.
    private let address: SocketAddress?
    private let deployment: ResolvedDeployment
    private let signer: BedrockSigner

    init(
        context: WorkerContext,
        request: ProxyRequest,
        deployment: ResolvedDeployment,
        settings: BedrockSettings,
        model: String,
        address: SocketAddress?
    ) {
        self.context = context
        self.request = request
        self.settings = settings
        self.model = model
        self.address = address
        self.deployment = deployment
        signer = BedrockSigner(context: context, request: request, settings: settings)
    }

    /// Sends one call; once more where AWS refused it for credentials or a time that others can
    /// stand in for. The exchange has the head of a good answer.
    func call(
        _ operation: BedrockOperation,
        _ body: [UInt8]
    ) async throws(RequestFailure) -> Grant<any UpstreamExchange> {
        guard let path = settings.path(operation, model: model) else {
            return .refused(FailedAnswer(.modelNotFound, .unknownModel(request.model)))
        }
        signer.begin()
        while true {
            if let failed = try await signer.prepare() { return .refused(failed) }
            let exchange = context.transport(settings.base.origin).makeExchange()
            request.watch(exchange)
            do {
                try await send(operation, path: path, body, on: exchange)
            } catch {
                request.upstreamEndedAt = .now()
                return .refused(try FailedAnswer(error, request, context))
            }
            request.answeredAt = .now()
            request.status = exchange.status
            let identifier = exchange.fields.string("x-amzn-requestid")
            request.providerRequestID = identifier?.isEmpty == true ? nil : identifier
            if exchange.status == 200 { return .granted(exchange) }
            // Bedrock answers 200 or an error; a redirect would take the credential elsewhere.
            if let failed = try await failure(exchange) { return .refused(failed) }
            request.answeredAt = nil
            request.upstreamEndedAt = nil
        }
    }

    private func send(
        _ operation: BedrockOperation,
        path: String,
        _ body: [UInt8],
        on exchange: any UpstreamExchange
    ) async throws(UpstreamError) {
        let lines = context.io.makeBuffer(1_024)
        defer { context.io.recycle(lines) }
        writeLines(operation, path: path, body, to: lines)
        try await exchange.send(
            UpstreamRequest(
                method: .post,
                origin: settings.base.origin,
                address: address,
                target: path,
                headerLines: lines,
                bodyCount: body.count
            ) { $0.append(keeping: body) },
            UpstreamDeadlines(
                connectMS: request.snapshot.limits.connectMS,
                head: request.headDeadline(context.loop.now)
            )
        )
    }

    /// The header lines: signed ones, and behind them what a proxy may change.
    private func writeLines(
        _ operation: BedrockOperation,
        path: String,
        _ body: [UInt8],
        to lines: ByteBuffer
    ) {
        let accepts =
            operation == .converseStream
            ? "application/vnd.amazon.eventstream" : "application/json"
        signer.write(accepting: accepts, path: path, body, to: lines)
        ForwardedHeaders(request: request, deployment: deployment).writeTrace(to: lines)
    }

    // MARK: - Answers

    /// A whole body, or that it broke, or is more than may be held.
    func readWhole(
        _ exchange: any UpstreamExchange
    ) async throws(RequestFailure) -> Grant<HeldBody> {
        do {
            if let body = try await relay(exchange).readHeld() { return .granted(body) }
        } catch {
            guard case .answer(let answer) = error, !request.isCutByDrain else { throw error }
            exchange.cancel()
            return .refused(FailedAnswer(FailureKind(answer), answer))
        }
        exchange.cancel()
        return .refused(
            FailedAnswer(.badGateway, .invalidResponse("the upstream's answer is too large"))
        )
    }

    /// Takes in an error answer.
    /// - Returns: nil where the call is to be sent again.
    private func failure(_ exchange: any UpstreamExchange) async throws(RequestFailure)
        -> FailedAnswer?
    {
        let asked = exchange.fields.string("retry-after").flatMap {
            RetryAfter.milliseconds($0, now: context.wallSeconds)
        }
        // AWS's own is a number of milliseconds.
        let retryAfter = asked ?? exchange.fields.string("x-amz-retry-after").flatMap(UInt64.init)
        let held: HeldBody
        switch try await readWhole(exchange) {
        case .refused(let failed):
            request.upstreamEndedAt = .now()
            return failed
        case .granted(let body): held = body
        }
        request.upstreamEndedAt = .now()
        let buffer = held.buffer
        let failure = BedrockFailure(
            status: exchange.status,
            errorType: exchange.fields.string("x-amzn-errortype"),
            body: buffer.span,
            scanner: context.scanner,
            retryAfterMS: retryAfter
        )
        let failed = FailedAnswer(failure, request)
        let date = exchange.fields.string("date")
        return signer.mends(failure, failed, date: date) ? nil : failed
    }

    private func relay(_ exchange: any UpstreamExchange) -> AnswerRelay {
        AnswerRelay(context: context, request: request, exchange: exchange, restoration: .none)
    }
}
