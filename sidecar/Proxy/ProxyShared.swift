package import EventLoop
package import HTTP
package import Logging
internal import POSIX
internal import Providers
internal import Redis
internal import RouteTable
internal import Routing
internal import Synchronization
package import Telemetry
package import Upstream

/// What all workers of the process share; each part locks for itself.
package final class ProxyShared: Sendable {
    package let store: TableStore
    package let budget: BodyBudget
    package let addresses: AddressCache
    package let board = RoutingBoard()
    let limits = LimitBoard()
    let fleet = FleetBoard()
    let credentials = CredentialStore()
    private let stopReasons = StopReasonLog()
    /// Nil for no access log.
    package let accessLog: LogWriter?
    package let shards: [MetricsShard]
    /// What each worker asks of Redis.
    let redisCounters: [RedisCounter]
    let caching: SharedCaching
    let redis: RedisJournal
    /// For what happens beside requests.
    let log: Logger
    private let clock = WallClock()
    private let startedAt = Double(Clock.wallNS()) / 1e9

    /// - Parameter log: by default nobody's.
    package init(
        store: TableStore,
        accessLog: LogWriter?,
        workers: Int,
        log: Logger = Logger(label: "sidegate") { _ in SwiftLogNoOpLogHandler() }
    ) throws(LoopError) {
        let limits = store.current.limits
        self.store = store
        self.accessLog = accessLog
        self.log = log
        redis = RedisJournal(log: log)
        budget = BodyBudget(bytesMax: limits.bufferedBodyBytes)
        addresses = try AddressCache(refreshMS: limits.dnsRefreshMS)
        caching = SharedCaching(
            bytesMax: store.current.cache?.memoryBytes ?? CacheSettings.standardMemoryBytes
        )
        shards = (0..<max(1, workers)).map { _ in MetricsShard() }
        redisCounters = shards.map { _ in RedisCounter() }
        store.onAdoption { snapshot in
            if let problem = snapshot.cache?.problem {
                log.warning("answers are cached in memory only: \(problem)")
            }
            if let problem = snapshot.limitSettings.problem {
                let what =
                    snapshot.limitSettings.isClosed
                    ? "nothing that is limited passes" : "limits hold in this process only"
                log.warning("\(what): \(problem)")
            }
            if let problem = snapshot.fleet.problem {
                log.warning("routing shares nothing with other sidecars: \(problem)")
            }
        }
        store.onAdoption { [credentials] in credentials.adopt($0.bedrock.sources) }
    }

    /// Now, as routing sees it.
    var moment: Moment { Moment(now: .now(), clock) }

    /// Notes how a model stopped, where that is not known here.
    func note(unknownStopReason reason: String?, model: String) {
        stopReasons.note(reason, model: model, log: log)
    }

    private var redisFacts: RedisFacts {
        var sum = RedisCounts()
        for counter in redisCounters { sum.add(counter.counts) }
        var facts = RedisFacts()
        facts.answered = sum.answered
        facts.timedOut = sum.timedOut
        facts.refused = sum.refused
        facts.lost = sum.lost
        facts.redirections = sum.redirected
        facts.connections = sum.connected
        facts.breakerOpenings = sum.opened
        facts.bytesOut = sum.bytesOut
        facts.bytesIn = sum.bytesIn
        return facts
    }

    /// What a scrape gets: all workers' numbers together.
    func metricsText() -> [UInt8] {
        let snapshot = store.current
        let reloads = store.reloads
        var facts = ProcessFacts()
        facts.version = BuildInfo.version
        facts.startTime = startedAt
        facts.tableGeneration = snapshot.table.generation
        facts.tableDigest = snapshot.table.digestHex
        facts.deployments = snapshot.table.counts.deployments
        facts.disabledDeployments = snapshot.disabledDeployments
        facts.reloadsSucceeded = UInt64(reloads.succeeded)
        facts.reloadsFailed = UInt64(reloads.failed)
        facts.reloadsUntrusted = UInt64(reloads.untrusted)
        facts.deploymentStates = board.deploymentStates(at: moment)
        facts.queuedRequests = board.waitingCount
        facts.fleetSidecars = limits.live.load(ordering: .relaxed)
        facts.cache = caching.facts
        facts.accessLogLinesDropped = UInt64(accessLog?.droppedLines ?? 0)
        facts.redis = redisFacts
        shards.first?.bufferedBytes.store(budget.bytesHeld, ordering: .relaxed)
        return MetricsText.render(shards, facts)
    }
}
