internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI
internal import ProviderData
internal import Providers
internal import Routing
internal import Upstream

/// One try at one candidate: sends the request, brings the answer to the client, or says how it
/// failed. Nothing goes to the client from an attempt that says so.
final class Attempt {
    private let context: WorkerContext
    private let request: ProxyRequest
    private let input: RequestInput
    private let target: DeploymentTarget
    /// The group's endpoint that was chosen; nil where the transport finds it.
    private let address: SocketAddress?
    /// What a fallback of the request's own replaces in the body.
    private let overrides: MemberTexts
    private var restoration = Restoration.none
    /// Whether it goes with the client's own key, or to its base.
    private(set) var isClients = false

    init(
        context: WorkerContext,
        request: ProxyRequest,
        input: RequestInput,
        target: DeploymentTarget,
        address: SocketAddress?,
        overrides: MemberTexts
    ) {
        self.context = context
        self.request = request
        self.input = input
        self.target = target
        self.address = address
        self.overrides = overrides
    }

    /// - Returns: nil when the client has its answer.
    /// - Throws: what ends the request, whatever else could be tried.
    func run() async throws(RequestFailure) -> FailedAnswer? {
        let deployment = try withClientCredentials()
        request.begin(deployment, model: target.model)
        if let text = deployment.mockResponse {
            try await MockAnswer(context: context, request: request).send(text, input.content)
            return nil
        }
        if let bedrock = deployment.bedrock {
            return try await bedrockAttempt(deployment, bedrock).run()
        }
        guard let url = url(of: deployment) else {
            let error = OpenAIError.noDeployment(
                model: target.model,
                retryAfter: 60,
                isCooldown: false
            )
            return .targetless(error)
        }
        let exchange = context.transport(url.origin).makeExchange()
        request.watch(exchange)
        defer { request.endWatch() }
        do {
            try await send(on: exchange, url, deployment)
        } catch {
            request.upstreamEndedAt = .now()
            return try FailedAnswer(error, request, context)
        }
        request.answeredAt = .now()
        request.status = exchange.status
        if exchange.status >= 400 { return try await hold(exchange, deployment) }
        return try await relay(exchange)
    }

    private func bedrockAttempt(
        _ deployment: ResolvedDeployment,
        _ settings: BedrockSettings
    ) -> BedrockAttempt {
        // A client's own base is not where the table's endpoint is.
        let isTables = settings.base.origin == target.deployment.origin
        return BedrockAttempt(
            context: context,
            request: request,
            input: input,
            deployment: deployment,
            settings: settings,
            model: target.model,
            address: isTables ? address : nil,
            overrides: overrides
        )
    }

    private func url(of deployment: ResolvedDeployment) -> UpstreamURL? {
        let version = QueryValue.find("api-version", in: request.head)
        return deployment.url(request.endpoint, model: target.model, version: version)
    }

    /// A client's own key or base URL, where the table allows it.
    private func withClientCredentials() throws(RequestFailure) -> ResolvedDeployment {
        let body = input.body
        guard case .json(let facts) = input.content,
            let client = ClientCredentials(facts, body: body.span)
        else { return target.deployment }
        do {
            let own = try target.deployment.using(
                client,
                allowsAll: request.snapshot.allowsClientCredentials
            )
            isClients = own !== target.deployment
            return own
        } catch {
            throw .answer(error)
        }
    }

    private func send(
        on exchange: any UpstreamExchange,
        _ url: UpstreamURL,
        _ deployment: ResolvedDeployment
    ) async throws(UpstreamError) {
        let lines = context.io.makeBuffer(512)
        defer { context.io.recycle(lines) }
        let upstreamRequest = upstreamRequest(url, deployment, lines)
        try await exchange.send(
            upstreamRequest,
            UpstreamDeadlines(
                connectMS: request.snapshot.limits.connectMS,
                head: request.headDeadline(context.loop.now)
            )
        )
    }

    private func upstreamRequest(
        _ url: UpstreamURL,
        _ deployment: ResolvedDeployment,
        _ lines: ByteBuffer
    ) -> UpstreamRequest {
        ForwardedHeaders(request: request, deployment: deployment).write(
            to: lines,
            isMultipart: request.endpoint.body == .multipart
        )
        let plan = RequestRewrite(
            request: request,
            deployment: deployment,
            upstreamModel: target.model,
            overrides: overrides
        ).plan(input.content, input.body)
        restoration = plan.restoration
        let segments = plan.edits.segments()
        let body = input.body
        // A client's own base is not where the table's endpoint is.
        let isTables = url.origin == target.deployment.origin
        return UpstreamRequest(
            method: .post,
            origin: url.origin,
            address: isTables ? address : nil,
            target: url.target,
            headerLines: lines,
            bodyCount: plan.edits.count
        ) { output in
            for segment in segments {
                switch segment {
                case .body(let range): output.append(body, range)
                case .bytes(let bytes): output.append(keeping: bytes)
                }
            }
        }
    }

    // MARK: - Failures

    /// Takes an error answer in whole: what it says decides what comes next.
    private func hold(
        _ exchange: any UpstreamExchange,
        _ deployment: ResolvedDeployment
    ) async throws(RequestFailure) -> FailedAnswer {
        let body = try await readHeld(exchange)
        request.upstreamEndedAt = .now()
        let status = exchange.status
        let retryAfter = exchange.fields.string("retry-after").flatMap {
            RetryAfter.milliseconds($0, now: context.wallSeconds)
        }
        guard let body else {
            exchange.cancel()
            let answer = OpenAIError.upstream(status: status)
            let failure = AttemptFailure(
                FailureKind(status: status),
                status: status,
                retryAfterMS: retryAfter,
                isAnswered: true
            )
            return FailedAnswer(failure, .own(answer))
        }
        let buffer = body.buffer
        let errorClass = OpenAIError.errorClass(ofStatus: status, body: buffer.span)
        let kind = FailureKind(status: status, errorClass: errorClass, body: buffer.span)
        let held = HeldAnswer(
            exchange,
            body: body,
            errorClass: errorClass,
            request: request,
            deployment: deployment
        )
        return FailedAnswer(
            AttemptFailure(kind, status: status, retryAfterMS: retryAfter, isAnswered: true),
            .upstream(held)
        )
    }

    /// The body of an error answer; nil when it broke or is more than may be held.
    private func readHeld(
        _ exchange: any UpstreamExchange
    ) async throws(RequestFailure) -> HeldBody? {
        do {
            return try await answerRelay(exchange).readHeld()
        } catch {
            guard case .answer = error, !request.isCutByDrain else { throw error }
            return nil
        }
    }

    private func answerRelay(_ exchange: any UpstreamExchange) -> AnswerRelay {
        AnswerRelay(
            context: context,
            request: request,
            exchange: exchange,
            restoration: restoration
        )
    }

    private func relay(
        _ exchange: any UpstreamExchange
    ) async throws(RequestFailure) -> FailedAnswer? {
        do {
            try await answerRelay(exchange).run()
            return nil
        } catch {
            request.upstreamEndedAt = request.upstreamEndedAt ?? .now()
            guard case .answer(let answer) = error, !request.connection.hasBegun,
                !request.isCutByDrain, !request.isClientGone
            else { throw error }
            exchange.cancel()
            return FailedAnswer(
                AttemptFailure(FailureKind(answer), status: answer.status),
                .own(answer)
            )
        }
    }
}
