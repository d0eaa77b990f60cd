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
            case .success(let deployment):
                request.deployment = deployment
                request.attempts += 1
                switch try await attempt(deployment, group, content, body, isLast: isLast) {
                case .answered: return
                case .failed(let error): failure = error
                }
            }
            if request.isClientGone { throw .connection(.gone) }
        }
        throw .answer(failure)
    }

    // MARK: - Choosing

    private func choose(_ group: ResolvedGroup) -> Result<ResolvedDeployment, OpenAIError> {
        let candidates = Candidates(table: request.snapshot.table, group: group)
        var reason: OpenAIError?
        let chosen = strategy.select(
            from: candidates,
            isAvailable: { index in
                let deployment = request.table.deployment(index, scanner: context.scanner)
                guard let error = refusal(deployment) else { return true }
                reason = error
                return false
            },
            using: &context.generator
        )
        if let chosen {
            return .success(request.table.deployment(chosen, scanner: context.scanner))
        }
        return .failure(
            reason
                ?? .noDeployment(
                    model: request.model ?? "",
                    retryAfter: 5,
                    isCooldown: false
                )
        )
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
        _ deployment: ResolvedDeployment,
        _ group: ResolvedGroup,
        _ content: RequestContent,
        _ body: RequestBody,
        isLast: Bool
    ) async throws(RequestFailure) -> Attempt {
        let name = upstreamModel(deployment, group)
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
        let relay = AnswerRelay(
            context: context,
            request: request,
            exchange: exchange,
            plan: plan
        )
        try await relay.run()
        return .answered
    }

    private func upstreamModel(_ deployment: ResolvedDeployment, _ group: ResolvedGroup) -> String {
        guard let match = group.match else { return deployment.upstreamModel }
        return WildcardMatch.substitute(
            match.captures,
            requested: match.name,
            into: deployment.upstreamModel
        )
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

/// How long an upstream may take (design: connect, first byte, idle, total).
struct Timing {
    let headMS: UInt64
    let totalMS: UInt64
    let idleMS: UInt64

    init(request: ProxyRequest, deployment: ResolvedDeployment) {
        let limits = request.snapshot.limits
        let asked = request.head.fields.string("x-litellm-timeout")
            .flatMap(Double.init).map { UInt64(max(1, min($0, 86_400) * 1000)) }
        let whole =
            asked ?? (deployment.timeoutMS ?? request.snapshot.timeoutMS).map { UInt64($0) }
        let stream =
            (deployment.streamTimeoutMS ?? request.snapshot.streamTimeoutMS).map { UInt64($0) }
        totalMS = whole ?? limits.totalMS
        headMS =
            request.isStream
            ? asked ?? stream ?? whole.map { min($0, limits.firstByteMS) } ?? limits.firstByteMS
            : min(totalMS, whole ?? limits.firstByteMS)
        idleMS = stream ?? limits.streamIdleMS
    }
}
