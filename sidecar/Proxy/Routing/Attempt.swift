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
struct Attempt {
    let context: WorkerContext
    let request: ProxyRequest
    let target: DeploymentTarget
    /// The group's endpoint that was chosen; nil where the transport finds it.
    let address: SocketAddress?
    /// What a fallback of the request's own replaces in the body.
    let overrides: MemberTexts

    /// - Returns: nil when the client has its answer.
    /// - Throws: what ends the request, whatever else could be tried.
    func run(_ content: RequestContent, _ body: RequestBody) async throws(RequestFailure)
        -> FailedAnswer?
    {
        let deployment = try withClientCredentials(content, body)
        request.begin(deployment, model: target.model)
        if let text = deployment.mockResponse {
            try await MockAnswer(context: context, request: request).send(text, content)
            return nil
        }
        let version = QueryValue.find("api-version", in: request.head)
        guard let url = deployment.url(request.endpoint, model: target.model, version: version)
        else {
            let error = OpenAIError.noDeployment(
                model: target.model,
                retryAfter: 60,
                isCooldown: false
            )
            return FailedAnswer(.serviceUnavailable, error)
        }
        let plan = RequestRewrite(
            request: request,
            deployment: deployment,
            upstreamModel: target.model,
            overrides: overrides
        ).plan(content, body)
        let exchange = context.transport(url.origin).makeExchange()
        request.watch(exchange)
        defer { request.endWatch() }
        do {
            try await send(plan, body, url, deployment, exchange)
        } catch {
            request.upstreamEndedAt = .now()
            return try failed(error)
        }
        request.answeredAt = .now()
        request.status = exchange.status
        if exchange.status >= 400 { return try await hold(exchange, deployment) }
        return try await relay(exchange, plan)
    }

    /// A client's own key or base URL, where the table allows it.
    private func withClientCredentials(
        _ content: RequestContent,
        _ body: RequestBody
    ) throws(RequestFailure) -> ResolvedDeployment {
        guard case .json(let facts) = content,
            let client = ClientCredentials(facts, body: body.span)
        else { return target.deployment }
        do {
            return try target.deployment.using(
                client,
                allowsAll: request.snapshot.allowsClientCredentials
            )
        } catch {
            throw .answer(error)
        }
    }

    private func send(
        _ plan: RewritePlan,
        _ body: RequestBody,
        _ url: UpstreamURL,
        _ deployment: ResolvedDeployment,
        _ exchange: any UpstreamExchange
    ) async throws(UpstreamError) {
        let lines = context.io.makeBuffer(512)
        defer { context.io.recycle(lines) }
        ForwardedHeaders(request: request, deployment: deployment).write(
            to: lines,
            isMultipart: request.endpoint.body == .multipart
        )
        let segments = plan.edits.segments()
        // A client's own base is not where the table's endpoint is.
        let isTables = url.origin == target.deployment.origin
        let upstreamRequest = UpstreamRequest(
            method: .post,
            origin: url.origin,
            address: isTables ? address : nil,
            target: url.query.isEmpty ? url.path : url.path + "?" + url.query,
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
        try await exchange.send(
            upstreamRequest,
            UpstreamDeadlines(
                connectMS: request.snapshot.limits.connectMS,
                head: request.headDeadline(context.loop.now)
            )
        )
    }

    // MARK: - Failures

    private func failed(_ error: UpstreamError) throws(RequestFailure) -> FailedAnswer {
        context.telemetry.count(error)
        if request.isCutByDrain { throw .answer(.draining) }
        if error.kind == .cancelled { throw .connection(.gone) }
        let answer = OpenAIError(error, request: request)
        let failure = AttemptFailure(
            FailureKind(error),
            status: answer.status,
            sentNothing: error.sentNothing
        )
        return FailedAnswer(failure, .own(answer))
    }

    /// Takes an error answer in whole: what it says decides what comes next.
    private func hold(
        _ exchange: any UpstreamExchange,
        _ deployment: ResolvedDeployment
    ) async throws(RequestFailure) -> FailedAnswer {
        let status = exchange.status
        let retryAfter = exchange.fields.string("retry-after").flatMap {
            RetryAfter.milliseconds($0, now: context.wallSeconds)
        }
        let relay = AnswerRelay(context: context, request: request, exchange: exchange, plan: nil)
        let body: HeldBody?
        do {
            body = try await relay.readHeld()
        } catch {
            guard case .answer = error, !request.isCutByDrain else { throw error }
            body = nil
        }
        request.upstreamEndedAt = .now()
        guard let body else {
            exchange.cancel()
            let answer = OpenAIError.upstream(status: status)
            let failure = AttemptFailure(
                FailureKind(status: status),
                status: status,
                retryAfterMS: retryAfter
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
            AttemptFailure(kind, status: status, retryAfterMS: retryAfter),
            .upstream(held)
        )
    }

    private func relay(
        _ exchange: any UpstreamExchange,
        _ plan: RewritePlan
    ) async throws(RequestFailure) -> FailedAnswer? {
        do {
            let relay = AnswerRelay(
                context: context,
                request: request,
                exchange: exchange,
                plan: plan
            )
            try await relay.run()
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
