internal import EventLoop
internal import HTTP
internal import Providers
internal import RouteTable
internal import Routing
internal import Upstream

/// Asks endpoints from time to time whether they are well (`background_health_checks`). One for the
/// process, on its first worker's loop.
final class HealthChecker {
    private unowned let context: WorkerContext
    private let loop: EventLoop
    private let waiter: Waiter
    private let roundIsOver: Waiter
    private var settings: HealthSettings
    private var queue: ArraySlice<Check> = []
    private var busyLanes = 0

    init(context: WorkerContext) {
        self.context = context
        loop = context.loop
        waiter = Waiter(loop: context.loop)
        roundIsOver = Waiter(loop: context.loop)
        settings = context.currentTable.snapshot.health
    }

    /// One endpoint and the way to ask it.
    private struct Check {
        let slot: Int32
        let key: RoutingState.EndpointKey
        let way: Way
        let deployment: ResolvedDeployment
        let address: SocketAddress?
    }

    private enum Way {
        case plain(HealthProbe)
        case bedrock(BedrockProbe, BedrockSettings)

        /// Nil where there is none.
        init?(_ deployment: ResolvedDeployment) {
            if let settings = deployment.bedrock {
                guard let probe = deployment.bedrockProbe else { return nil }
                self = .bedrock(probe, settings)
            } else {
                guard let probe = deployment.healthProbe else { return nil }
                self = .plain(probe)
            }
        }
    }

    /// Begins a round of checks, if the table in service asks for them.
    /// - Returns: how many lanes should `work` on it.
    func begin() -> Int {
        settings = context.currentTable.snapshot.health
        queue = settings.isEnabled ? checks()[...] : []
        busyLanes = min(settings.concurrency, queue.count)
        return busyLanes
    }

    /// One lane: asks endpoint after endpoint until the round is over.
    func work() async {
        while !waiter.isCancelled, let check = queue.popFirst() { await ask(check) }
        busyLanes -= 1
        if busyLanes == 0 { roundIsOver.signal() }
    }

    /// Waits for the round's last answer, and then until the next round is due.
    /// - Returns: false when there is to be none.
    func rest() async -> Bool {
        if busyLanes > 0 { _ = await roundIsOver.wait(until: nil) }
        roundIsOver.reset()
        var pauseMS: UInt64 = 1_000
        if settings.isEnabled {
            // Sidecars that began together must not ask together for ever.
            let jitter = UInt64.random(
                in: 0...settings.intervalMS / 10,
                using: &context.scratch.generator
            )
            pauseMS = settings.intervalMS - settings.intervalMS / 20 + jitter
        }
        await pause(pauseMS)
        return !waiter.isCancelled
    }

    func stop() {
        waiter.cancel()
    }

    /// A new table may want other checks, or none: its settings end the pause.
    private func pause(_ milliseconds: UInt64) async {
        let end = loop.now.advanced(milliseconds: milliseconds)
        while loop.now < end, !waiter.isCancelled {
            let next = min(end, loop.now.advanced(milliseconds: 1_000))
            _ = await waiter.wait(until: next)
            if context.currentTable.snapshot.health != settings { return }
        }
    }

    /// Every endpoint that can be asked, of the table in service.
    private func checks() -> [Check] {
        let table = context.currentTable
        var checks: [Check] = []
        for model in 0..<table.snapshot.table.counts.models {
            let group = table.group(model, context: context)
            group.refresh()
            for (slot, endpoint) in group.allEndpoints {
                let deployment = table.deployment(endpoint.deployment, scanner: context.scanner)
                guard let way = Way(deployment) else { continue }
                checks.append(
                    Check(
                        slot: slot,
                        key: RoutingState.EndpointKey(
                            deploymentID: deployment.id,
                            endpoint: endpoint.label
                        ),
                        way: way,
                        deployment: deployment,
                        address: endpoint.address
                    )
                )
            }
        }
        return checks
    }

    private func ask(_ check: Check) async {
        let deadline = loop.now.advanced(milliseconds: check.deployment.healthCheckTimeoutMS)
        var verdict: HealthProbe.Verdict
        do {
            switch check.way {
            case .plain(let probe): verdict = try await ask(probe, check, deadline)
            case .bedrock(let probe, let settings):
                verdict = try await BedrockCheck(
                    context: context,
                    probe: probe,
                    settings: settings,
                    address: check.address,
                    deadline: deadline
                ).run()
            }
        } catch {
            verdict = .unhealthy(error.plainReason)
        }
        note(verdict, check)
    }

    private func ask(
        _ probe: HealthProbe,
        _ check: Check,
        _ deadline: Instant
    ) async throws(UpstreamError) -> HealthProbe.Verdict {
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
        try await drain(exchange, deadline)
        return probe.verdict(status: exchange.status)
    }

    /// Reads the answer to its end, so that the connection can be used again; a long one is cut.
    private func drain(
        _ exchange: any UpstreamExchange,
        _ deadline: Instant
    ) async throws(UpstreamError) {
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

    private func note(_ verdict: HealthProbe.Verdict, _ check: Check) {
        let now = context.moment
        context.board.note(
            verdict,
            of: check.key,
            slot: check.slot,
            ends: now.adding(milliseconds: settings.stalenessMS)
        )
    }
}

extension UpstreamError {
    /// What went wrong, for an operator.
    var plainReason: String {
        switch kind {
        case .resolve: "the host's name has no address"
        case .connect, .tls: "no connection"
        case .connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout: "no answer in time"
        case .closedBeforeHead, .closedInBody: "the connection broke"
        case .malformed: "the answer is not HTTP"
        case .cancelled: "cancelled"
        }
    }
}
