internal import EventLoop
internal import Fleet
internal import Routing
internal import Synchronization

/// Speaks to the fleet for the process: each second it says in Redis that the process is there, and
/// takes up what the others know. No request ever waits for it. Only on the first worker's loop.
final class FleetDesk {
    private unowned let context: WorkerContext
    private(set) var settings: FleetSettings.Shared?
    private(set) var link: FleetLink?
    private let load: LoadDesk
    private var timer: DeadlineTimer?
    /// Whether the last beat has not been answered yet.
    private var isAsking = false

    /// Between two beats, in milliseconds, give or take a tenth.
    static let beatMS: UInt64 = 1_000
    /// The same where only limits are shared: they need to know how many share them.
    static let slowBeatMS: UInt64 = 5_000

    init(_ context: WorkerContext) {
        self.context = context
        load = LoadDesk(context)
    }

    /// Follows the table in service.
    func adopt(_ settings: FleetSettings) {
        guard self.settings != settings.shared else { return }
        self.settings = settings.shared
        isAsking = false
        link = settings.shared.map { shared in
            FleetLink(
                context.redis.client(shared.redis),
                FleetKeys(namespace: shared.namespace)
            )
        }
        if link == nil {
            timer?.clear()
        } else {
            beat()
        }
    }

    // MARK: - Beats

    private func beat() {
        guard let settings, let link else { return }
        setTimer(settings)
        let snapshot = context.currentTable.snapshot
        // The table may have been another one's.
        guard link === self.link else { return }
        if settings.sharesRouting { load.beat(link) }
        guard !isAsking, !link.isDown else { return }
        let call = FleetCall.beat(
            context.shared.limits.instance,
            facts: snapshot.presence,
            wishes: settings.sharesRouting ? [] : nil,
            link.keys
        )
        isAsking = link.post(call) { [weak self, weak link] answer in
            guard let self, self.link === link else { return }
            isAsking = false
            if let news = answer.flatMap({ FleetNews($0) }) { take(news) }
        }
    }

    private func setTimer(_ settings: FleetSettings.Shared) {
        let timer =
            timer
            ?? DeadlineTimer(loop: context.loop) { [weak self] in self?.beat() }
        self.timer = timer
        let pauseMS = settings.sharesRouting ? Self.beatMS : Self.slowBeatMS
        // Sidecars that began together must not speak together for ever.
        let jitter = UInt64.random(in: 0...pauseMS / 5, using: &context.scratch.generator)
        timer.set(context.loop.now.advanced(milliseconds: pauseMS - pauseMS / 10 + jitter))
    }

    private func take(_ news: FleetNews) {
        context.shared.limits.live.store(news.live, ordering: .relaxed)
    }
}
