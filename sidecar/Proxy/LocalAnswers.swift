internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI
internal import POSIX
internal import RouteTable
internal import Telemetry

/// The endpoints that this sidecar answers by itself.
struct LocalAnswers {
    let context: WorkerContext

    func answer(_ request: ProxyRequest) async throws(RequestFailure) {
        if request.endpoint == .cacheDelete { return try await deleteCached(request) }
        if request.connection.hasUnreadBody { try await discardBody(request) }
        switch request.endpoint {
        case .models:
            try await send(ModelListing.list(ModelCatalog(request).listings()), request)
        case .model: try await oneModel(request)
        case .modelInfo:
            try await send(ModelCatalog(request).info(context), request)
        case .modelGroupInfo:
            try await send(ModelCatalog(request).groupInfo(context), request)
        case .liveness: try await send(Array("\"I'm alive!\"".utf8), request)
        case .readiness:
            let health = HealthReport(request: request, context: context)
            try await send(health.readiness, request, status: health.isReady ? 200 : 503)
        case .health:
            let health = HealthReport(request: request, context: context)
            identify(request)
            try await send(health.endpoints(showsDetails: showsDetails(request)), request)
        case .metrics:
            try await send(
                context.shared.metricsText(),
                request,
                type: MetricsText.contentType
            )
        case .routingState:
            if case .key = request.caller { throw .answer(.masterKeyNeeded) }
            try await send(context.board.report(at: context.moment, time: now()), request)
        case .cachePing: try await pingCache(request)
        case .cacheFlush: try await flushCache(request)
        default: throw .answer(.unknownPath)
        }
    }

    private func now() -> String {
        var timestamp = Timestamp()
        return timestamp.string(Clock.wallNS())
    }

    /// `OPTIONS`: what may be asked here. Browsers of other origins are not let in: an endpoint on
    /// localhost with a company's credentials behind it is no place for web pages.
    func options(_ request: ProxyRequest) async throws(RequestFailure) {
        let methods =
            request.endpoint.allowedMethods.isEmpty
            ? ["GET", "POST"] : request.endpoint.allowedMethods
        request.status = 204
        let writer = request.connection.beginResponse(status: 204)
        writer.line(context.date.currentLine())
        writer.field("allow", (methods + ["OPTIONS"]).joined(separator: ", "))
        try await finish(request, [])
    }

    /// `/health` answers everybody, but tells more to those whose key is good.
    private func identify(_ request: ProxyRequest) {
        let policy = request.snapshot.access
        let key = ClientKey.find(in: request.head.fields, extraHeader: policy.keyHeaderName)
        let caller = try? context.callers.caller(key, policy, request.snapshot.serial)
        request.caller = caller ?? .anonymous
    }

    private func showsDetails(_ request: ProxyRequest) -> Bool {
        request.caller != .anonymous || request.snapshot.access.isOpen
    }

    private func oneModel(_ request: ProxyRequest) async throws(RequestFailure) {
        let id = request.match.model ?? ""
        guard let listing = ModelCatalog(request).listing(id) else {
            throw .answer(.unknownListedModel(id))
        }
        try await send(listing.body, request)
    }

    /// The seed's `POST /v1/models` may carry a body that nobody needs.
    private func discardBody(_ request: ProxyRequest) async throws(RequestFailure) {
        do {
            _ = try await request.connection.readBody()
        } catch {
            throw .connection(error)
        }
    }

    func send(
        _ body: [UInt8],
        _ request: ProxyRequest,
        status: Int = 200,
        type: String = "application/json"
    ) async throws(RequestFailure) {
        request.status = status
        let writer = request.connection.beginResponse(status: status)
        writer.line(context.date.currentLine())
        writer.field("content-type", type)
        writer.field("x-litellm-call-id", request.callID)
        writer.field("x-litellm-version", BuildInfo.version)
        try await finish(request, body)
    }

    private func finish(_ request: ProxyRequest, _ body: [UInt8]) async throws(RequestFailure) {
        do {
            try await request.connection.send(contentLength: body.count) {
                $0.append(keeping: body)
            }
        } catch {
            throw .connection(error)
        }
    }
}
