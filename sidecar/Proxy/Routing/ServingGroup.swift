internal import EventLoop
internal import OpenAI
internal import ProviderData
internal import Providers
internal import RateLimits
internal import RouteTable
internal import Routing
internal import Upstream

/// A model group as one worker serves it: its candidates, kept up with what their hosts' names
/// stand for.
final class ServingGroup {
    /// The public name.
    let model: String
    private(set) var shared: SharedCandidates
    /// Why deployments that cannot be used at all are not among them; the first one's reason.
    private(set) var unreadiness: OpenAIError?

    /// What its deployments say of each key at it.
    let keyLimits: SubjectLimits
    /// Whether `rpm` and `tpm` of its deployments are limits, which the process' limiter keeps.
    let isLimited: Bool
    /// By deployment, where there are some.
    private var limits: [Int32: [LimitRule]] = [:]

    var candidates: CandidateGroup { shared.group }

    /// A group as it is between two changes: lent to each choice, since a copy of all that it holds
    /// would cost more than the choice.
    final class SharedCandidates {
        let group: CandidateGroup

        init(_ group: CandidateGroup) {
            self.group = group
        }
    }

    /// An endpoint behind a slot.
    struct Endpoint {
        /// Nil where the transport finds the address by itself.
        let address: SocketAddress?
        /// Address and port; empty for a deployment with one endpoint.
        let label: String
        let origin: Origin?
        /// For `RouteTable.deployment(at:)`.
        let deployment: Int
    }

    private let index: Int
    private unowned let table: WorkerTable
    private unowned let context: WorkerContext
    private let board: RoutingBoard
    private var endpoints: [Int32: Endpoint] = [:]
    private var held: [Int32] = []
    /// Deployments whose endpoints may change.
    private var named: [Int: Origin] = [:]
    /// Names of public addresses: behind them stand balancers of their owners', whose addresses
    /// change all the time and mean nothing.
    private var balanced: Set<Origin> = []
    /// Of these, those whose addresses are not known well enough to choose among.
    private var unknownHosts: Set<Origin> = []
    private var seenVersion: UInt64 = .max
    private var refreshAt = Instant(nanoseconds: 0)

    init(model index: Int, table: WorkerTable, context: WorkerContext) {
        self.index = index
        self.table = table
        self.context = context
        board = context.board
        let snapshot = table.snapshot
        model = snapshot.table.string(snapshot.table.model(at: index).name)
        keyLimits = SubjectLimits(
            ofKeysAt: index,
            table: snapshot.table,
            values: snapshot.values
        )
        isLimited = snapshot.limitSettings.enforcesDeployments
        var policy = GroupPolicy(table: snapshot.table, model: index, values: snapshot.values)
        // The limiter knows better than counts by the minute of the clock.
        if isLimited { policy.enforcesMinuteLimits = false }
        shared = SharedCandidates(CandidateGroup(policy: policy))
        build()
    }

    deinit {
        board.release(held)
    }

    /// By slot.
    var allEndpoints: [Int32: Endpoint] { endpoints }

    func endpoint(_ slot: Int32) -> Endpoint? { endpoints[slot] }

    /// Takes up what has changed about names since the last request.
    func refresh() {
        guard !named.isEmpty else { return }
        let version = context.shared.addresses.version
        guard version != seenVersion || context.loop.now >= refreshAt else { return }
        build()
    }

    /// Takes that up, and says whether names are not known yet, or were not asked for in so long
    /// that all of their addresses may be gone.
    var needsNames: Bool {
        refresh()
        return !unknownHosts.isEmpty
    }

    /// Waits a moment for such names.
    func awaitNames(_ request: ProxyRequest) async throws(RequestFailure) {
        let limits = table.snapshot.limits
        let end = context.loop.now.advanced(
            milliseconds: min(limits.connectMS, ServingGroup.namesMS)
        )
        let addresses = context.shared.addresses
        defer { request.endWatch() }
        for origin in unknownHosts {
            // One that cannot be resolved is for the attempt to find out.
            _ = try? await addresses.addresses(
                of: origin.host,
                port: origin.port,
                on: context.loop,
                until: min(end, request.deadline),
                maxAgeMS: addresses.staleMS
            ) { request.watch($0) }
            try request.checkIsWanted()
        }
        build()
        unknownHosts = []
    }

    /// How long a request waits for names before it chooses without them.
    private static let namesMS: UInt64 = 500

    private func build() {
        let snapshot = table.snapshot
        seenVersion = context.shared.addresses.version
        refreshAt = context.loop.now.advanced(milliseconds: snapshot.limits.dnsRefreshMS)
        let before = endpoints
        let heldBefore = held
        var candidates = CandidateGroup(policy: shared.group.policy)
        endpoints = [:]
        held = []
        unknownHosts = []
        limits = [:]
        // Once for all: a group may have thousands of deployments.
        let known = Dictionary(grouping: before.values, by: \.deployment)
        for index in snapshot.table.model(at: index).deployments {
            add(index, Set((known[index] ?? []).map(\.label)), to: &candidates)
        }
        shared = SharedCandidates(candidates)
        board.release(heldBefore)
        for (slot, endpoint) in before where endpoints[slot] == nil {
            // Its idle connections are of no more use.
            guard let origin = endpoint.origin, let address = endpoint.address else { continue }
            context.retire(origin, address)
        }
    }

    /// - Parameter known: the labels of its endpoints until now.
    private func add(
        _ index: Int,
        _ known: Set<String>,
        to candidates: inout CandidateGroup
    ) {
        let deployment = table.deployment(index, scanner: context.scanner)
        if let error = deployment.refusal(model: model) {
            unreadiness = unreadiness ?? error
            return
        }
        if isLimited { addLimits(deployment, index) }
        let found = resolve(deployment, index)
        let hadSeveral = known.count > 1
        let slots = board.hold(
            EndpointOwner(
                model: model,
                labels: deployment.labels(model: nil),
                sharing: StrategySharing(candidates.policy)
            ),
            found.map { ($0.label, hadSeveral && !known.contains($0.label)) },
            at: context.moment
        )
        held += slots
        for (slot, endpoint) in zip(slots, found) { endpoints[slot] = endpoint }
        candidates.add(
            deployment: index,
            slots: zip(slots, found).map { slot, endpoint in
                let identity = CandidateGroup.identity(
                    deploymentID: deployment.id,
                    endpoint: endpoint.label
                )
                return (slot, identity)
            },
            table: table.snapshot.table,
            values: table.snapshot.values
        )
    }

    private func addLimits(_ deployment: ResolvedDeployment, _ index: Int) {
        let snapshot = table.snapshot
        let parameters = snapshot.table.deployment(at: index).parameters
        var own = SubjectLimits(parameters, snapshot.values)
        // One that has no room is waited for, in this process.
        own.parallelRequests = nil
        limits[Int32(index)] = own.rule(.deployment, deployment.id).map { [$0] }
    }

    /// What limits each of some deployments; empty where nothing does.
    func limits(of deployments: [Int32]) -> [[LimitRule]] {
        limits.isEmpty ? [] : deployments.map { limits[$0] ?? [] }
    }

    /// The endpoints of a deployment: one an address where its name has several.
    private func resolve(_ deployment: ResolvedDeployment, _ index: Int) -> [Endpoint] {
        let single = [
            Endpoint(address: nil, label: "", origin: deployment.origin, deployment: index)
        ]
        guard let origin = deployment.origin, context.canPin(origin), !balanced.contains(origin),
            SocketAddress(host: origin.host, port: origin.port) == nil
        else { return single }
        named[index] = origin
        let addresses = context.shared.addresses
        guard
            let known = addresses.known(origin.host, port: origin.port, now: context.loop.now),
            known.failure != nil
                || known.resolvedAt.map({ isFresh($0, within: addresses.staleMS) }) == true
        else {
            unknownHosts.insert(origin)
            return single
        }
        guard known.addresses.count > 1 else { return single }
        if origin.isTLS, !known.addresses.allSatisfy(\.isPrivate) {
            balanced.insert(origin)
            named[index] = nil
            return single
        }
        return known.addresses.map {
            Endpoint(address: $0, label: $0.description, origin: origin, deployment: index)
        }
    }
}

extension ServingGroup {
    private func isFresh(_ instant: Instant, within milliseconds: UInt64) -> Bool {
        context.loop.now.since(instant) / 1_000_000 < milliseconds
    }
}

extension ResolvedDeployment {
    /// Why the deployment cannot serve any request; nil when it can.
    func refusal(model: String) -> OpenAIError? {
        switch readiness {
        case .ready: nil
        case .blocked: .modelBlocked(model)
        case .unsupported: .unsupportedProvider(provider?.prefix ?? "unknown")
        case .missing: .missingCredentials(model)
        case .invalid: .noDeployment(model: model, retryAfter: 60, isCooldown: false)
        }
    }
}
