internal import EventLoop
internal import Fleet
internal import Logging
internal import RouteTable
internal import Routing
internal import Synchronization
internal import Telemetry

/// Cooldowns that the fleet shares, and the one try for each when it ends (`docs/fleet.md`). Only
/// on the first worker's loop.
final class SharedCooldowns {
    private let link: FleetLink
    private unowned let context: WorkerContext
    /// Of which endpoints something was said since the last beat: what Redis answers to that beat
    /// is older.
    private var posted: Set<RoutingState.EndpointKey> = []

    /// Cooldowns that could not be reported, by when they end on the monotonic clock.
    private var unsaid: [RoutingState.EndpointKey: UInt64] = [:]

    private static let unsaidMax = 1_000
    /// How many changes one beat tells the log.
    private static let linesMax = 16

    init(_ link: FleetLink, _ context: WorkerContext) {
        self.link = link
        self.context = context
    }

    private var instance: String { context.shared.limits.instance }

    /// Says what attempts have shown. Cooldowns are said later where it cannot be done now.
    func post(_ outcomes: [SharedOutcome]) {
        for outcome in outcomes {
            guard let name = EndpointName(outcome.key) else { continue }
            unsaid[outcome.key] = nil
            if !link.isDown, link.post(call(outcome.kind, name)) {
                posted.insert(outcome.key)
            } else if case .cooled(let milliseconds) = outcome.kind, unsaid.count < Self.unsaidMax {
                unsaid[outcome.key] = context.moment.adding(milliseconds: milliseconds)
            }
        }
    }

    private func call(_ kind: SharedOutcome.Kind, _ name: EndpointName) -> FleetCall {
        switch kind {
        case .cooled(let milliseconds):
            .report(
                instance,
                name,
                coolsFor: milliseconds,
                live: context.shared.limits.live.load(ordering: .relaxed),
                link.keys
            )
        case .recovered: .recover(instance, name, link.keys)
        case .yielded: .yield(instance, name, link.keys)
        }
    }

    /// Says what is still true of what could not be said.
    private func postUnsaid() {
        let now = context.moment
        let left = unsaid
        unsaid = [:]
        post(
            left.compactMap { key, ends in
                let milliseconds = now.milliseconds(until: ends)
                return milliseconds == 0
                    ? nil : SharedOutcome(key, .cooled(milliseconds: milliseconds))
            }
        )
    }

    /// Endpoints that this process would try; asked once for each beat.
    func wishes() -> [EndpointName] {
        posted = []
        if context.store.isDraining { return [] }
        let now = context.moment
        return context.board.withRouting { $0.takeWishes(at: now) }
            .compactMap { EndpointName($0) }
    }

    /// Takes up what the fleet knows.
    func take(_ news: FleetNews) {
        if !unsaid.isEmpty { postUnsaid() }
        if news.cooldowns.isEmpty, news.well.isEmpty { return }
        let cooldowns = news.cooldowns.filter { !posted.contains($0.key) }
        // Whoever was not asked for an endpoint yet is not to find out by the first request.
        let groups = cooldowns.map { group(of: $0.key) }
        let known = context.board.locate(cooldowns.map(\.key) + news.well.map(\.key))
        if known.isEmpty { return }
        let now = context.moment
        var lines = Self.linesMax
        for (cooldown, group) in zip(cooldowns, groups) {
            guard let located = known[cooldown.key], let group else { continue }
            let ends = now.shifted(milliseconds: cooldown.leftMS)
            let effect = context.board.hear(located, of: cooldown.key) { routing, slot in
                routing.cool(
                    slot,
                    withFleetUntil: ends,
                    isOurs: cooldown.isOurs,
                    in: group.candidates,
                    at: now
                )
            }
            guard effect == .begins else { continue }
            context.telemetry.shard.countFleetCooldown(located.owner.labels)
            tell("the fleet has an endpoint cool", cooldown.key, cooldown.leftMS, &lines)
        }
        for name in news.well where !posted.contains(name.key) {
            guard let located = known[name.key] else { continue }
            let effect = context.board.hear(located, of: name.key) { routing, slot in
                routing.recoverWithFleet(slot, at: now)
            }
            guard effect == .recovers else { continue }
            tell("the fleet has found an endpoint well", name.key, nil, &lines)
        }
    }

    /// The group of an endpoint's deployment; nil where the table in service does not have it.
    private func group(of key: RoutingState.EndpointKey) -> ServingGroup? {
        let worker = context.currentTable
        let table = worker.snapshot.table
        guard let index = table.deploymentIndex(id: key.deploymentID) else { return nil }
        let group = worker.group(table.deployment(at: index).model, context: context)
        group.refresh()
        return group
    }

    private func tell(
        _ message: String,
        _ key: RoutingState.EndpointKey,
        _ leftMS: Int64?,
        _ lines: inout Int
    ) {
        guard lines > 0 else { return }
        lines -= 1
        var facts = ["deployment": "\(key.deploymentID)", "endpoint": "\(key.endpoint)"]
        facts["seconds"] = leftMS.map { "\(max(0, ($0 + 999) / 1_000))" }
        context.shared.log.notice(
            "\(message)",
            metadata: facts.mapValues { .string($0) }
        )
    }
}

extension EndpointName {
    init?(_ key: RoutingState.EndpointKey) {
        self.init(deploymentID: key.deploymentID, endpoint: key.endpoint)
    }

    fileprivate var key: RoutingState.EndpointKey {
        RoutingState.EndpointKey(deploymentID: deploymentID, endpoint: endpoint)
    }
}

extension FleetNews.Cooldown {
    fileprivate var key: RoutingState.EndpointKey { endpoint.key }
}

extension Moment {
    /// The monotonic clock so many milliseconds from now, or ago.
    fileprivate func shifted(milliseconds: Int64) -> UInt64 {
        if milliseconds >= 0 { return adding(milliseconds: UInt64(milliseconds)) }
        let ago = milliseconds.magnitude.multipliedReportingOverflow(by: 1_000_000)
        return ago.overflow || ago.partialValue >= nanoseconds
            ? 1 : nanoseconds - ago.partialValue
    }
}
