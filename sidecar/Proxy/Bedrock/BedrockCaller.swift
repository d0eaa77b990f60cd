internal import AWS
internal import Bedrock
internal import Cryptography
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

    init(
        context: WorkerContext,
        request: ProxyRequest,
        settings: BedrockSettings,
        model: String,
        address: SocketAddress?
    ) {
        self.context = context
        self.request = request
        self.settings = settings
        self.model = model
        self.address = address
    }

    /// Sends one call. The exchange has the head of a good answer.
    func call(
        _ operation: BedrockOperation,
        _ body: [UInt8]
    ) async throws(RequestFailure) -> Grant<any UpstreamExchange> {
        guard let path = settings.path(operation, model: model) else {
            return .refused(FailedAnswer(.modelNotFound, .unknownModel(request.model)))
        }
        let origin = settings.base.origin
        let exchange = context.transport(origin).makeExchange()
        request.watch(exchange)
        let lines = context.io.makeBuffer(1_024)
        defer { context.io.recycle(lines) }
        writeLines(operation, path: path, body, to: lines)
        do {
            try await exchange.send(
                UpstreamRequest(
                    method: .post,
                    origin: origin,
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
        } catch {
            request.upstreamEndedAt = .now()
            return .refused(try FailedAnswer(error, request, context))
        }
        request.answeredAt = .now()
        request.status = exchange.status
        request.providerRequestID = exchange.fields.string("x-amzn-requestid")
        // Bedrock answers 200 or an error; a redirect would take the credential elsewhere.
        if exchange.status != 200 { return .refused(try await failure(exchange)) }
        return .granted(exchange)
    }

    // MARK: - Signing

    /// The header lines, with a signature over exactly what is sent.
    private func writeLines(
        _ operation: BedrockOperation,
        path: String,
        _ body: [UInt8],
        to lines: ByteBuffer
    ) {
        var headers = settings.headers
        headers.reserveCapacity(headers.count + 5)
        headers.append((name: "content-type", value: "application/json"))
        let accepts =
            operation == .converseStream
            ? "application/vnd.amazon.eventstream" : "application/json"
        headers.append((name: "accept", value: accepts))
        switch settings.identity {
        case .bearer(let token):
            headers.append((name: "authorization", value: "Bearer " + token))
        case .source: break
        case .keys(let credential):
            let signed = SigningRequest(
                method: "POST",
                host: settings.base.origin.authority,
                path: path,
                headers: headers,
                bodyDigest: SHA256.hash(body)
            )
            headers += SigV4.authorize(
                signed,
                date: SigningDate(secondsSince1970: context.wallSeconds),
                scope: settings.scope,
                credential: credential,
                keys: context.signingKeys
            )
        }
        lines.removeAll()
        lines.append("accept-encoding: identity\r\n")
        for header in headers {
            lines.append(header.name)
            lines.append(": ")
            lines.append(header.value)
            lines.append("\r\n")
        }
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
    private func failure(_ exchange: any UpstreamExchange) async throws(RequestFailure)
        -> FailedAnswer
    {
        let asked =
            exchange.fields.string("retry-after") ?? exchange.fields.string("x-amz-retry-after")
        let retryAfter = asked.flatMap {
            RetryAfter.milliseconds($0, now: context.wallSeconds)
        }
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
        return FailedAnswer(failure, request)
    }

    private func relay(_ exchange: any UpstreamExchange) -> AnswerRelay {
        AnswerRelay(context: context, request: request, exchange: exchange, restoration: .none)
    }
}
