internal import EventLoop
internal import Fleet
internal import Providers
internal import Routing

/// Health checks as the sidecars of a fleet share them: each is made by one of them, under a lease,
/// and what the upstream said is told to all. What was trouble of a sidecar's own stays its own,
/// and there it asks by itself until that is over.
///
/// Only on the first worker's loop.
final class SharedHealth {
    private unowned let context: WorkerContext
    private let instance: String
    private let pod: String
    /// Until when news was heard, on the clock of which Redis.
    private var heard: (link: ObjectIdentifier, untilMS: Int64)?
    /// When an upstream said something last, by check.
    private var found: [String: Instant] = [:]
    /// Checks that had trouble of this process' own, the last time that it made them.
    private var troubled: Set<String> = []

    /// How long a round waits for Redis, in milliseconds: nobody waits for the round.
    private static let patienceMS: UInt64 = 1_000

    init(_ context: WorkerContext) {
        self.context = context
        instance = context.shared.limits.instance
        pod = TableSnapshot.pod
    }

    /// Nil where each sidecar asks for itself, and while Redis is away.
    private var link: FleetLink? {
        guard let desk = context.fleetDesk, desk.settings?.sharesRouting == true,
            let link = desk.link, !link.isDown
        else { return nil }
        return link
    }

    private var patience: Instant {
        context.loop.now.advanced(milliseconds: SharedHealth.patienceMS)
    }

    // MARK: - Before a check

    /// Begins a round: what is not asked any more is forgotten.
    /// - Returns: the checks of which nothing is known that will do.
    func begin(_ checks: [HealthCheck], _ settings: HealthSettings) -> [HealthCheck] {
        let names = Set(checks.map(\.name))
        found = found.filter { names.contains($0.key) }
        troubled.formIntersection(names)
        guard link != nil else { return checks }
        return checks.filter { check in
            guard !troubled.contains(check.name), let found = found[check.name] else {
                return true
            }
            return context.loop.now.since(found) / 1_000_000 >= settings.freshMS
        }
    }

    /// Whether a check is made without asking the fleet.
    func isOwn(_ check: HealthCheck) -> Bool { link == nil || troubled.contains(check.name) }

    /// Asks which of some checks to make.
    /// - Returns: nil when Redis does not say it.
    func claim(_ checks: [HealthCheck], _ settings: HealthSettings) async -> HealthClaims? {
        guard let link else { return nil }
        let deadlineMS = checks.map(\.deployment.healthCheckTimeoutMS).max() ?? 0
        let call = FleetCall.claim(
            checks.map(\.name),
            freshMS: Int64(clamping: settings.freshMS),
            deadlineMS: Int64(clamping: deadlineMS),
            link.keys
        )
        let answer = await link.run(call, until: patience)
        return answer.flatMap { HealthClaims($0, count: checks.count) }
    }

    // MARK: - After a check

    /// Tells what this process has found.
    /// - Parameter lease: 0 where it asked without one.
    func publish(
        _ finding: HealthFinding,
        of check: HealthCheck,
        lease: Int64,
        _ settings: HealthSettings
    ) {
        if finding.isUpstreams {
            troubled.remove(check.name)
            found[check.name] = context.loop.now
        } else {
            troubled.insert(check.name)
        }
        guard let link, finding.isUpstreams || lease > 0 else { return }
        link.post(
            .publish(
                finding.isUpstreams ? shared(finding.verdict) : nil,
                of: check.name,
                lease: lease,
                freshMS: Int64(clamping: settings.freshMS),
                staleMS: Int64(clamping: settings.stalenessMS),
                link.keys
            )
        )
    }

    private func shared(_ verdict: HealthProbe.Verdict) -> SharedVerdict {
        switch verdict {
        case .healthy: SharedVerdict(.healthy, instance: instance, pod: pod)
        case .unhealthy(let reason):
            SharedVerdict(.unhealthy, reason: reason, instance: instance, pod: pod)
        case .unknown: SharedVerdict(.unknown, instance: instance, pod: pod)
        }
    }

    /// What the others have found since this was asked last, by the checks' names.
    func news() async -> (nowMS: Int64, verdicts: [String: DatedVerdict])? {
        guard let link else { return nil }
        let id = ObjectIdentifier(link)
        let since = heard?.link == id ? heard?.untilMS ?? 0 : 0
        guard let answer = await link.run(.news(since: since, link.keys), until: patience),
            let news = HealthNews(answer)
        else { return nil }
        heard = (id, news.until)
        return (news.until, news.verdicts)
    }

    /// Takes up what somebody has found, unless it is known already, or this process knows better.
    /// - Parameter nowMS: on Redis' clock.
    func take(
        _ dated: DatedVerdict,
        of check: HealthCheck,
        nowMS: Int64,
        _ settings: HealthSettings
    ) {
        if troubled.contains(check.name) { return }
        let now = context.loop.now
        // What is older than this machine is too old in any case.
        let ageMS = min(UInt64(clamping: nowMS - dated.foundMS), now.nanoseconds / 1_000_000)
        let then = Instant(nanoseconds: now.nanoseconds - ageMS * 1_000_000)
        if let known = found[check.name], then <= known { return }
        found[check.name] = then
        guard dated.verdict.instance != instance, ageMS < settings.stalenessMS else { return }
        context.board.note(
            HealthProbe.Verdict(dated.verdict),
            of: check.key,
            slot: check.slot,
            ends: context.moment.adding(milliseconds: settings.stalenessMS - ageMS)
        )
    }
}

extension HealthProbe.Verdict {
    /// What another sidecar has found.
    fileprivate init(_ verdict: SharedVerdict) {
        switch verdict.kind {
        case .healthy: self = .healthy
        case .unknown: self = .unknown
        case .unhealthy:
            let finder = verdict.pod.isEmpty ? "another sidecar" : "pod \(verdict.pod)"
            self = .unhealthy("\(verdict.reason), found by \(finder)")
        }
    }
}
