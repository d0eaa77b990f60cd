internal import EventLoop
internal import HTTP
internal import Providers
internal import Upstream

/// One health check of a deployment with an API like OpenAI's.
final class PlainCheck {
    private let context: WorkerContext
    private let probe: HealthProbe
    private let check: HealthCheck
    private let deadline: Instant

    init(
        context: WorkerContext,
        probe: HealthProbe,
        check: HealthCheck,
        deadline: Instant
    ) {
        self.context = context
        self.probe = probe
        self.check = check
        self.deadline = deadline
    }

    func run() async throws(UpstreamError) -> HealthFinding {
        let exchange = context.transport(probe.url.origin).makeExchange()
        let lines = context.io.makeBuffer(512)
        defer { context.io.recycle(lines) }
        lines.append(check.deployment.headerLines)
        lines.append("accept-encoding: identity\r\n")
        if probe.body != nil { lines.append("content-type: application/json\r\n") }
        let body = probe.body ?? []
        let url = probe.url
        let request = UpstreamRequest(
            method: probe.body == nil ? .get : .post,
            origin: url.origin,
            address: check.address,
            target: url.query.isEmpty ? url.path : url.path + "?" + url.query,
            headerLines: lines,
            bodyCount: body.count
        ) { output in
            output.append(keeping: body)
        }
        try await exchange.send(
            request,
            UpstreamDeadlines(
                connectMS: context.currentTable.snapshot.limits.connectMS,
                head: deadline
            )
        )
        try await drain(exchange)
        return HealthFinding(probe.verdict(status: exchange.status), status: exchange.status)
    }

    /// Reads the answer to its end, so that the connection can be used again; a long one is cut.
    private func drain(_ exchange: any UpstreamExchange) async throws(UpstreamError) {
        var count = 0
        while count < 1 << 20 {
            switch try exchange.read() {
            case .bytes(let bytes): count += bytes.count
            case .pending: try await exchange.wait(until: deadline)
            case .end: return
            }
        }
        exchange.cancel()
    }
}
