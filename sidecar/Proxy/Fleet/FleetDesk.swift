internal import EventLoop
internal import Fleet
internal import Logging
internal import Redis
internal import Routing
internal import Synchronization

/// Speaks to the fleet for the process: each second it says in Redis that the process is there, and
/// takes up what the others know. No request ever waits for it. Only on the first worker's loop.
final class FleetDesk {
    private unowned let context: WorkerContext
    private(set) var settings: FleetSettings.Shared?
    private(set) var link: FleetLink?
    private var cooldowns: SharedCooldowns?
    private let load: LoadDesk
    private var timer: DeadlineTimer?
    /// Whether the last beat has not been answered yet.
    private var isAsking = false
    /// What was told of a refusal, so that it is told once.
    private var toldRefusal: ServerError?
    private var pace = BeatPace()

    init(_ context: WorkerContext) {
        self.context = context
        load = LoadDesk(context)
    }

    private var instance: String { context.shared.limits.instance }

    /// Follows the table in service.
    func adopt(_ settings: FleetSettings) {
        guard self.settings != settings.shared else { return }
        self.settings = settings.shared
        isAsking = false
        toldRefusal = nil
        pace = BeatPace()
        let link = settings.shared.map { shared in
            FleetLink(
                context.redis.client(shared.redis),
                FleetKeys(namespace: shared.namespace)
            )
        }
        self.link = link
        cooldowns =
            settings.shared?.sharesRouting == true
            ? link.map { SharedCooldowns($0, context) } : nil
        // What the old fleet said is not the new one's.
        context.board.leaveFleet(at: context.moment)
        context.shared.fleet.turn(on: cooldowns != nil)
        if link == nil {
            timer?.clear()
            context.shared.limits.leave()
        } else {
            beat()
        }
    }

    /// Says at once what other workers have posted.
    func postOutcomes() {
        cooldowns?.post(context.shared.fleet.take())
    }

    // MARK: - Beats

    private func beat() {
        // A table that no request has taken up yet changes what is to be done.
        let snapshot = context.currentTable.snapshot
        guard let settings, let link else { return }
        setTimer(settings, link)
        if settings.sharesRouting { load.beat(link) }
        guard !isAsking, !link.isDown else { return }
        let call = FleetCall.beat(
            instance,
            facts: snapshot.presence,
            wishes: cooldowns?.wishes(),
            link.keys
        )
        isAsking = link.post(call) { [weak self, weak link] answer in
            guard let self, let link, self.link === link else { return }
            isAsking = false
            tell(link.refusal)
            if let news = answer.flatMap({ FleetNews($0) }) { take(news) }
        }
    }

    private func setTimer(_ settings: FleetSettings.Shared, _ link: FleetLink) {
        let timer =
            timer
            ?? DeadlineTimer(loop: context.loop) { [weak self] in self?.beat() }
        self.timer = timer
        let pauseMS = pace.next(
            isAlwaysQuick: settings.sharesRouting,
            isRefused: link.refusal?.isForGood == true
        )
        // Give or take a tenth: sidecars that began together must not speak together for ever.
        let jitter = UInt64.random(in: 0...pauseMS / 5, using: &context.scratch.generator)
        timer.set(context.loop.now.advanced(milliseconds: pauseMS - pauseMS / 10 + jitter))
    }

    private func take(_ news: FleetNews) {
        context.shared.limits.heard(live: news.live)
        pace.heard(live: news.live)
        cooldowns?.take(news)
    }

    private func tell(_ refusal: ServerError?) {
        guard refusal != toldRefusal else { return }
        toldRefusal = refusal
        if let refusal {
            context.shared.log.warning(
                "Redis refuses what sidecars say to each other: each is alone",
                metadata: ["reason": "\(refusal)"]
            )
        } else {
            context.shared.log.notice("Redis takes again what sidecars say to each other")
        }
    }
}

extension ServerError {
    /// Whether it takes somebody to change it: a right, or a command that this Redis does not have.
    fileprivate var isForGood: Bool { ["NOPERM", "NOAUTH", "ERR"].contains(code) }
}
