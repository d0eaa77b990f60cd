internal import AWS
internal import EventLoop
internal import HTTP
internal import JSON
internal import Logging
internal import POSIX
internal import ProviderData
internal import Providers
internal import RouteTable
internal import Routing
internal import Telemetry
internal import Upstream

/// What the requests of one worker share. Everything here is the worker's own; only the store, the
/// budget, the address cache and the metrics are shared with others, and lock for themselves.
final class WorkerContext {
    let io: IOContext
    let shared: ProxyShared
    let plain: PlainTransport
    let secure: any UpstreamTransport
    let scanner = JSONScanner()
    let telemetry: WorkerTelemetry
    let callers = CallerCache()
    let date = HTTPDate()
    let signingKeys = SigningKeyCache()
    let troubles = UpstreamTroubles()
    var scratch = RoutingBoard.Scratch()
    private let clock = WallClock()
    var requestsInFlight = 0
    /// Requests of this worker that wait for a place.
    var queuedRequests = 0
    /// What was told already, so that it is told once.
    private var told: Set<String> = []
    private var table: WorkerTable
    let redis: RedisClients
    /// The response cache's level in Redis; nil where there is none.
    private var level: SharedLevel?
    /// The table that it is of.
    private var levelSerial: Int?
    /// Where requests take what limits them.
    let limitDesk: LimitDesk
    /// Of the first worker only.
    var fleetDesk: FleetDesk?

    /// - Parameter number: the worker's place in `shared.shards`.
    init(
        number: Int,
        io: IOContext,
        shared: ProxyShared,
        plain: PlainTransport,
        secure: any UpstreamTransport,
        telemetry: WorkerTelemetry
    ) {
        self.io = io
        self.shared = shared
        self.plain = plain
        self.secure = secure
        self.telemetry = telemetry
        redis = RedisClients(
            loop: io.loop,
            addresses: shared.addresses,
            journal: shared.redis,
            counter: shared.redisCounters[number]
        )
        limitDesk = LimitDesk(shared.limits)
        table = WorkerTable(shared.store.current)
        limitTransports()
    }

    /// The response cache's level in Redis, as the table in service says it. Only on the loop: it
    /// connects.
    var sharedLevel: SharedLevel? {
        let snapshot = currentTable.snapshot
        if levelSerial == snapshot.serial { return level }
        levelSerial = snapshot.serial
        let cache = snapshot.cache
        if cache?.shared != level?.settings
            || level.map({ $0.entryBytes != cache?.entryBytes }) == true
        {
            level = cache.flatMap { cache in
                cache.shared.map { SharedLevel($0, entryBytes: cache.entryBytes, self) }
            }
            keepClients()
        }
        return level
    }

    /// Has limits be taken, and other sidecars be met, where the table in service says. Only on the
    /// loop: it connects.
    func adoptShared() {
        limitDesk.adopt(table.snapshot.limitSettings, self)
        fleetDesk?.adopt(table.snapshot.fleet)
        keepClients()
    }

    private func keepClients() {
        let snapshot = table.snapshot
        let wanted = [
            snapshot.cache?.shared?.redis, snapshot.limitSettings.shared?.redis,
            fleetDesk?.settings?.redis,
        ]
        redis.keep(Set(wanted.compactMap(\.self)))
    }

    var store: TableStore { shared.store }

    var board: RoutingBoard { shared.board }

    /// Now, as routing sees it.
    var moment: Moment { Moment(now: .now(), clock) }

    var loop: EventLoop { io.loop }

    /// The table in service, as this worker sees it.
    var currentTable: WorkerTable {
        if table.snapshot.serial != store.currentSerial {
            let next = WorkerTable(store.current)
            // Before the old one goes, and with it what is known of endpoints that nobody holds.
            next.takeOver(table, context: self)
            table = next
            io.limits = table.snapshot.limits.http
            limitTransports()
            adoptShared()
        }
        return table
    }

    private func limitTransports() {
        let limits = table.snapshot.limits
        plain.limits = limits.upstreamConnection
        plain.answerHead = limits.answerHead
        secure.answerHead = limits.answerHead
    }

    /// Seconds since 1970.
    var wallSeconds: Int { Int(Clock.wallNS() / 1_000_000_000) }

    /// What a signature for one of AWS's hosts takes for the time, in seconds since 1970.
    func signingSeconds(for host: String) -> Int {
        wallSeconds + shared.credentials.clocks.offset(of: host)
    }

    /// Notes what a host's clock showed when it refused a signature for its date.
    func correctClock(of host: String, serverSeconds: Int) {
        let offset = shared.credentials.clocks.note(
            host,
            serverSeconds: serverSeconds,
            localSeconds: wallSeconds
        )
        guard let offset else { return }
        shared.log.warning(
            "this machine's clock is off: signatures are dated by the host's",
            metadata: ["host": "\(host)", "offset_seconds": "\(offset)"]
        )
    }

    /// Tells an operator once what each request of a kind would say again.
    ///
    /// - Parameter name: a client's word, which is cut.
    func tellOnce(_ message: String, _ name: String, deployment: ResolvedDeployment) {
        let name = String(name.prefix(64))
        // Names come from outside, so there may be any number of them.
        guard told.count < 256, told.insert("\(message) \(name) \(deployment.id)").inserted else {
            return
        }
        shared.log.notice(
            "\(message)",
            metadata: ["name": "\(name)", "deployment": "\(deployment.id)"]
        )
    }

    /// The transport that can reach an origin.
    func transport(_ origin: Origin) -> any UpstreamTransport {
        origin.isTLS || ProxyEnvironment.names(origin) ? secure : plain
    }

    /// Whether the addresses behind an origin's name can be endpoints of their own: what lies
    /// behind a proxy is that one's to find.
    func canPin(_ origin: Origin) -> Bool { !ProxyEnvironment.names(origin) }

    /// An endpoint is gone.
    func retire(_ origin: Origin, _ address: SocketAddress) {
        plain.closeIdle(origin: origin, address: address)
    }
}

/// A snapshot and what one worker has made of its deployments so far.
final class WorkerTable {
    let snapshot: TableSnapshot
    let cacheNames: CacheNames
    private var deployments: [Int: ResolvedDeployment] = [:]
    private var faces: [DeploymentFace.Key: DeploymentFace] = [:]
    /// What was asked for last, in most pods all that there is.
    private var lastFace: DeploymentFace?
    private var groups: [Int: ServingGroup] = [:]
    private var accessGroups: [Int: [String]] = [:]
    private var callerLimits: [Int: CallerLimits] = [:]

    init(_ snapshot: TableSnapshot) {
        self.snapshot = snapshot
        cacheNames = CacheNames(snapshot)
    }

    /// How a deployment shows to clients and operators, made once for each and each upstream model.
    func face(of deployment: ResolvedDeployment, model: String?) -> DeploymentFace {
        if let lastFace, lastFace.key.stands(for: deployment, model) { return lastFace }
        let key = DeploymentFace.Key(deployment, model)
        if let known = faces[key] {
            lastFace = known
            return known
        }
        // Names that patterns let through are unbounded; the cache is not.
        if faces.count > 4_096 { faces.removeAll() }
        let made = DeploymentFace(deployment, key)
        faces[key] = made
        lastFace = made
        return made
    }

    /// The access groups of models' deployments, by which a key may be allowed all of them. Asked
    /// for each request, and there may be thousands of deployments, so they are collected once.
    func accessGroups(ofModels models: some Sequence<Int>) -> [String] {
        models.flatMap { model in
            if let known = accessGroups[model] { return known }
            let found = Array(Set(snapshot.accessGroups(ofModels: CollectionOfOne(model)))).sorted()
            accessGroups[model] = found
            return found
        }
    }

    /// The limits of a virtual key, read when it is used first.
    func callerLimits(_ key: Int) -> CallerLimits {
        if let known = callerLimits[key] { return known }
        let made = CallerLimits(key: key, snapshot: snapshot)
        callerLimits[key] = made
        return made
    }

    /// A model group, made when it is asked for first.
    func group(_ model: Int, context: WorkerContext) -> ServingGroup {
        if let known = groups[model] { return known }
        let made = ServingGroup(model: model, table: self, context: context)
        groups[model] = made
        return made
    }

    /// Goes on with the groups that another table had in use, and so with their endpoints' states.
    func takeOver(_ other: WorkerTable, context: WorkerContext) {
        for group in other.groups.values {
            if case .model(let index)? = snapshot.table.lookUp(name: group.model) {
                _ = self.group(index, context: context)
            }
        }
    }

    func deployment(_ index: Int, scanner: JSONScanner) -> ResolvedDeployment {
        if let known = deployments[index] { return known }
        let made = ResolvedDeployment(
            index,
            table: snapshot.table,
            values: snapshot.values,
            environment: { [snapshot] in snapshot.environment[$0] },
            scanner: scanner
        )
        deployments[index] = made
        return made
    }
}
