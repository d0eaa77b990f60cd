internal import EventLoop
internal import Fleet
internal import Providers
internal import Routing
internal import Upstream

/// Asks endpoints from time to time whether they are well (`background_health_checks`), and hears
/// what other sidecars were told. One for the process, on its first worker's loop.
final class HealthChecker {
    private unowned let context: WorkerContext
    private let loop: EventLoop
    private let waiter: Waiter
    private let roundIsOver: Waiter
    private let fleet: SharedHealth
    private var settings: HealthSettings
    /// Of the last round, by name.
    private var checks: [String: HealthCheck] = [:]
    private var queue: ArraySlice<HealthCheck> = []
    /// Of these, those that each sidecar makes for itself.
    private var everybodys: [HealthCheck] = []
    /// What others were asking when this process would have.
    private var awaited: [String: HealthCheck] = [:]
    private var busyLanes = 0
    /// When the next round is due; nil before the first one, and while one is under way.
    private var nextRound: Instant?

    init(context: WorkerContext) {
        self.context = context
        loop = context.loop
        waiter = Waiter(loop: context.loop)
        roundIsOver = Waiter(loop: context.loop)
        fleet = SharedHealth(context)
        settings = context.currentTable.snapshot.health
    }

    /// Begins a round of checks, if the table in service asks for them, or goes on with those that
    /// somebody else was to make.
    /// - Returns: how many lanes should `work` on it.
    func begin() -> Int {
        if nextRound.map({ loop.now >= $0 }) ?? true {
            settings = context.currentTable.snapshot.health
            nextRound = nil
            let all = settings.isEnabled ? HealthCheck.all(context) : []
            checks = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
            queue = fleet.begin(all, settings)[...]
        } else {
            queue = Array(awaited.values)[...]
        }
        everybodys = []
        awaited = [:]
        busyLanes = min(settings.concurrency, queue.count)
        return busyLanes
    }

    /// One lane: makes check after check until the round is over.
    func work() async {
        while let (check, lease) = await next() { await ask(check, lease: lease) }
        busyLanes -= 1
        if busyLanes == 0 { roundIsOver.signal() }
    }

    /// Waits for the round's last answer, and then until the next round is due, or others have not
    /// found in a while what they were to find.
    /// - Returns: false when there is to be nothing more.
    func rest() async -> Bool {
        if busyLanes > 0 { _ = await roundIsOver.wait(until: nil) }
        roundIsOver.reset()
        let end = nextRound ?? loop.now.advanced(milliseconds: pauseMS())
        nextRound = end
        while loop.now < end, !waiter.isCancelled {
            let tick = loop.now.advanced(milliseconds: HealthChecker.tickMS)
            _ = await waiter.wait(until: min(end, tick))
            // A new table may want other checks, or none: its settings end the pause.
            if context.currentTable.snapshot.health != settings {
                nextRound = nil
                break
            }
            await listen()
            if !awaited.isEmpty { break }
        }
        return !waiter.isCancelled
    }

    func stop() {
        waiter.cancel()
    }

    /// How often it is heard what others have found, in milliseconds.
    private static let tickMS: UInt64 = 1_000

    private func pauseMS() -> UInt64 {
        guard settings.isEnabled else { return HealthChecker.tickMS }
        // Sidecars that began together must not ask together for ever.
        let jitter = UInt64.random(
            in: 0...settings.intervalMS / 10,
            using: &context.scratch.generator
        )
        return settings.freshMS + jitter
    }

    // MARK: - Which check is next

    /// - Returns: a check, and the lease under which it is made, 0 for none; nil when the round is
    ///   over.
    private func next() async -> (HealthCheck, lease: Int64)? {
        while !waiter.isCancelled {
            if let check = everybodys.popLast() { return (check, 0) }
            guard let first = queue.first else { return nil }
            if fleet.isOwn(first) { return (queue.removeFirst(), 0) }
            // Lanes share what there is, and one question is not too long.
            let most = min(FleetCall.claimsMax, max(1, queue.count / max(1, busyLanes)))
            let piece = Array(queue.prefix(most).prefix { !fleet.isOwn($0) })
            queue.removeFirst(piece.count)
            guard let answer = await fleet.claim(piece, settings) else {
                queue = piece[1...] + queue
                return (piece[0], 0)
            }
            if let found = take(answer, of: piece) { return found }
        }
        return nil
    }

    private func take(
        _ answer: HealthClaims,
        of piece: [HealthCheck]
    ) -> (HealthCheck, lease: Int64)? {
        var ours: (HealthCheck, lease: Int64)?
        for (check, claim) in zip(piece, answer.claims) {
            switch claim {
            case .known(let verdict):
                fleet.take(verdict, of: check, nowMS: answer.nowMS, settings)
            case .somebodys: awaited[check.name] = check
            case .open: queue.append(check)
            case .ours(let lease): ours = (check, lease)
            case .everybodys: everybodys.append(check)
            }
        }
        return ours
    }

    private func listen() async {
        guard settings.isEnabled, let (nowMS, verdicts) = await fleet.news() else { return }
        for (name, verdict) in verdicts {
            awaited[name] = nil
            guard let check = checks[name] else { continue }
            fleet.take(verdict, of: check, nowMS: nowMS, settings)
        }
    }

    // MARK: - Making it

    private func ask(_ check: HealthCheck, lease: Int64) async {
        let deadline = loop.now.advanced(milliseconds: check.deployment.healthCheckTimeoutMS)
        var finding: HealthFinding
        do {
            switch check.way {
            case .plain(let probe):
                finding = try await PlainCheck(
                    context: context,
                    probe: probe,
                    check: check,
                    deadline: deadline
                ).run()
            case .bedrock(let probe, let settings):
                finding = try await BedrockCheck(
                    context: context,
                    probe: probe,
                    settings: settings,
                    address: check.address,
                    deadline: deadline
                ).run()
            }
        } catch {
            finding = .trouble(error)
        }
        context.board.note(
            finding.verdict,
            of: check.key,
            slot: check.slot,
            ends: context.moment.adding(milliseconds: settings.stalenessMS)
        )
        fleet.publish(finding, of: check, lease: lease, settings)
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
        case .noDescriptor: "no descriptor is left to connect with"
        }
    }
}
