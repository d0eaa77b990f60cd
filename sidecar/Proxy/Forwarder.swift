internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI
internal import ProviderData
internal import Providers
internal import RouteTable
internal import Routing
internal import Upstream

/// Sends a request to the deployments that may answer it, group after group, and relays the answer.
struct Forwarder {
    let context: WorkerContext
    let request: ProxyRequest
    let groups: ResolvedGroups

    /// How one attempt ended.
    private enum Attempt {
        case answered
        /// Nothing was sent to the client: another group may try, or this is the answer.
        case failed(OpenAIError)
    }

    /// One strategy for now; the others stand behind the same protocol.
    private let strategy = SimpleShuffle()

    init(context: WorkerContext, request: ProxyRequest, groups: ResolvedGroups) {
        self.context = context
        self.request = request
        self.groups = groups
    }

    func run(_ content: RequestContent, _ body: RequestBody) async throws(RequestFailure) {
        var failure = OpenAIError.noDeployment(
            model: request.model ?? "",
            retryAfter: 5,
            isCooldown: false
        )
        for (place, group) in groups.enumerated() {
            let isLast = place == groups.count - 1
            if place > 0 { request.fallbacks += 1 }
            switch choose(group) {
            case .failure(let error):
                failure = error
            case .success(let target):
                request.attempts += 1
                switch try await attempt(target, content, body, isLast: isLast) {
                case .answered: return
                case .failed(let error): failure = error
                }
            }
            if request.isClientGone { throw .connection(.gone) }
        }
        throw .answer(failure)
    }

    // MARK: - Choosing

    private func choose(_ group: ResolvedGroup) -> Result<DeploymentTarget, OpenAIError> {
        let candidates = Candidates(table: request.snapshot.table, group: group)
        var reason: OpenAIError?
        let chosen = strategy.select(
            from: candidates,
            isAvailable: { index in
                switch target(index, group) {
                case .success: return true
                case .failure(let error):
                    reason = error
                    return false
                }
            },
            using: &context.generator
        )
        if let chosen { return target(chosen, group) }
        return .failure(
            reason
                ?? .noDeployment(
                    model: request.model ?? "",
                    retryAfter: 5,
                    isCooldown: false
                )
        )
    }

    /// What a deployment makes of this request, or why it cannot serve it.
    private func target(
        _ index: Int,
        _ group: ResolvedGroup
    ) -> Result<DeploymentTarget, OpenAIError> {
        let deployment = request.table.deployment(index, scanner: context.scanner)
        if let error = refusal(deployment) { return .failure(error) }
        guard let target = deployment.target(group.match) else {
            return .failure(.unknownModel(request.model))
        }
        if let error = refusal(target.deployment) { return .failure(error) }
        return .success(target)
    }

    /// Why a deployment cannot serve this request; nil when it can.
    private func refusal(_ deployment: ResolvedDeployment) -> OpenAIError? {
        let model = request.model ?? ""
        switch deployment.readiness {
        case .ready: return nil
        case .blocked: return .modelBlocked(model)
        case .unsupported: return .unsupportedProvider(deployment.provider?.prefix ?? "unknown")
        case .missing: return .missingCredentials(model)
        case .invalid: return .noDeployment(model: model, retryAfter: 60, isCooldown: false)
        }
    }

    // MARK: - One attempt

    private func attempt(
        _ target: DeploymentTarget,
        _ content: RequestContent,
        _ body: RequestBody,
        isLast: Bool
    ) async throws(RequestFailure) -> Attempt {
        let name = target.model
        let deployment = try withClientCredentials(target.deployment, content, body)
        request.deployment = deployment
        request.upstreamModel = name
        if let text = deployment.mockResponse {
            try await MockAnswer(context: context, request: request).send(text, content)
            return .answered
        }
        let plan = RequestRewrite(request: request, deployment: deployment, upstreamModel: name)
            .plan(content, body)
        let version = QueryValue.find("api-version", in: request.head)
        guard let url = deployment.url(request.endpoint, model: name, version: version) else {
            return .failed(.noDeployment(model: name, retryAfter: 60, isCooldown: false))
        }
        let exchange = context.transport(url.origin).makeExchange()
        request.watch(exchange)
        defer { request.endWatch() }
        request.sentAt = .now()
        do {
            try await send(plan, body, url, deployment, exchange)
        } catch {
            request.upstreamEndedAt = .now()
            return try failed(error)
        }
        request.answeredAt = .now()
        request.status = exchange.status
        if !isLast, Forwarder.isWorthAnotherGroup(exchange.status) {
            let failure = OpenAIError.upstream(status: exchange.status)
            request.noteFailedAttempt(
                status: failure.status,
                errorClass: failure.errorClass.rawValue
            )
            exchange.cancel()
            return .failed(failure)
        }
        // The answer is this one: a long prompt need not wait for the end of a long stream.
        request.connection.releaseBody()
        let relay = AnswerRelay(
            context: context,
            request: request,
            exchange: exchange,
            plan: plan
        )
        try await relay.run()
        return .answered
    }

    /// A client's own key or base URL, where the table allows it.
    private func withClientCredentials(
        _ deployment: ResolvedDeployment,
        _ content: RequestContent,
        _ body: RequestBody
    ) throws(RequestFailure) -> ResolvedDeployment {
        guard case .json(let facts) = content,
            let client = ClientCredentials(facts, body: body.span)
        else { return deployment }
        do {
            return try deployment.using(
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
        let upstreamRequest = UpstreamRequest(
            method: .post,
            origin: url.origin,
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
        let timing = Timing(request: request, deployment: deployment)
        try await exchange.send(
            upstreamRequest,
            UpstreamDeadlines(
                connectMS: request.snapshot.limits.connectMS,
                head: context.loop.now.advanced(milliseconds: timing.headMS)
            )
        )
    }

    private func failed(_ error: UpstreamError) throws(RequestFailure) -> Attempt {
        context.telemetry.count(error)
        if request.isCutByDrain { throw .answer(.draining) }
        if error.kind == .cancelled { throw .connection(.gone) }
        let failure = OpenAIError(error, request: request)
        request.noteFailedAttempt(
            status: failure.status,
            errorClass: failure.errorClass.rawValue
        )
        return .failed(failure)
    }

    /// Failures that another group may not share: the upstream's trouble, its limits, and its
    /// credentials or models, but not what the client did wrong.
    static func isWorthAnotherGroup(_ status: Int) -> Bool {
        switch status {
        case 401, 403, 404, 408, 429: true
        default: status >= 500
        }
    }
}
