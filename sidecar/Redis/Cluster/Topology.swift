internal import EventLoop

/// The servers that a client speaks to: one, or the masters of a cluster by their slots.
///
/// A cluster is learnt from any member: before there is a map, commands go to a given endpoint,
/// which says where they belong. The map is asked for again when a slot has moved or a master does
/// not answer, at most every `refreshMS`.
final class Topology {
    private let context: RedisContext
    private var nodes: [RedisEndpoint: RedisNode] = [:]
    private var map: SlotMap?
    private var isCluster: Bool
    private var isRefreshing = false
    private var refreshedAt: Instant?
    private var timer: DeadlineTimer?
    private var turn = 0
    private(set) var isClosed = false
    /// Called when `state` or a server's findings may have changed.
    var onChange: (RedisNode) -> Void = { _ in }

    /// The least time between two looks at the map, in milliseconds.
    static let refreshMS: UInt64 = 200
    /// The time between two looks while a master is down, in milliseconds.
    static let lookOutMS: UInt64 = 1_000

    init(_ context: RedisContext) {
        self.context = context
        isCluster = context.settings.isCluster || context.settings.endpoints.count > 1
        timer = DeadlineTimer(loop: context.loop) { [weak self] in self?.refresh() }
    }

    deinit {
        timer?.invalidate()
        for node in nodes.values { node.close() }
    }

    /// Begins to connect to the endpoints that were given.
    func start() {
        for endpoint in context.settings.endpoints { _ = node(at: endpoint) }
    }

    /// Has all leave that waits for others to leave with.
    func endPatience() {
        for node in nodes.values { node.endPatience() }
    }

    /// Ends everything.
    func close() {
        isClosed = true
        timer?.invalidate()
        for node in nodes.values { node.close() }
    }

    // MARK: - Where to

    /// The server that a command is for.
    func node(for command: RedisCommand) throws(RedisError) -> RedisNode {
        guard !isClosed else { throw .down("the client is closed") }
        guard let map else { return try anyNode() }
        guard let key = command.key else { return try anyNode() }
        let slot = KeySlot.of(key)
        guard let endpoint = map.master(of: slot) else {
            refreshSoon()
            throw .down("no master is known for slot \(slot)")
        }
        return node(at: endpoint)
    }

    /// A server that is up; else one that may come up; else the reason why there is none.
    private func anyNode() throws(RedisError) -> RedisNode {
        if nodes.count == 1, let only = nodes.values.first { return only }
        let all = Array(nodes.values)
        guard !all.isEmpty else { throw .down("it was not started") }
        turn &+= 1
        let first = turn % all.count
        let inTurn = all[first...] + all[..<first]
        return inTurn.first { $0.state == .up } ?? inTurn.first { $0.state == .connecting }
            ?? all[first]
    }

    /// The server at an endpoint, connected to from now on if it was not.
    func node(at endpoint: RedisEndpoint) -> RedisNode {
        if let node = nodes[endpoint] { return node }
        let node = RedisNode(endpoint, context) { [weak self] in self?.isCluster ?? false }
        nodes[endpoint] = node
        node.onChange = { [weak self] in self?.changed($0) }
        node.start()
        return node
    }

    /// Where a command goes next that a server did not take.
    /// - Returns: nil when it is to be tried again at the same one, a little later.
    /// - Throws: the error itself when it is no redirection.
    func follow(
        _ error: ServerError,
        from node: RedisNode
    ) throws(RedisError) -> (node: RedisNode, isAsking: Bool)? {
        guard let redirect = Redirect(error, from: node.endpoint) else { throw .server(error) }
        context.counter.redirected.add()
        switch redirect {
        case .moved(let slot, let endpoint):
            isCluster = true
            map?.move(slot, to: endpoint)
            refreshSoon()
            return (self.node(at: endpoint), false)
        case .ask(let endpoint): return (self.node(at: endpoint), true)
        case .tryAgain: return nil
        case .clusterDown:
            refreshSoon()
            throw .server(error)
        }
    }

    // MARK: - The map

    private func changed(_ node: RedisNode) {
        guard !isClosed else { return }
        if node.facts.isClusterMember { isCluster = true }
        if isCluster { refreshSoon() }
        onChange(node)
    }

    private func refreshSoon() {
        guard isCluster, !isClosed, !isRefreshing else { return }
        let now = context.loop.now
        let due = refreshedAt?.advanced(milliseconds: Topology.refreshMS) ?? now
        let deadline = max(due, now)
        if let set = timer?.deadline, set <= deadline { return }
        timer?.set(deadline)
    }

    private func refresh() {
        guard !isClosed, !isRefreshing else { return }
        guard let node = try? anyNode(), node.state == .up else {
            lookOut()
            return
        }
        refreshedAt = context.loop.now
        isRefreshing = true
        let pending = PendingCommand(onOutcome: { [weak self] in self?.refreshed($0, by: node) })
        do {
            try node.submit(RedisCommand("CLUSTER SLOTS"), pending)
        } catch {
            isRefreshing = false
            lookOut()
        }
    }

    private func refreshed(_ outcome: PendingCommand.Outcome, by node: RedisNode) {
        isRefreshing = false
        guard !isClosed else { return }
        if case .success(let reply) = outcome,
            let new = SlotMap(reply, asked: node.endpoint), !new.masters.isEmpty
        {
            map = new
            for endpoint in new.masters { _ = self.node(at: endpoint) }
            retireOthers(new)
            onChange(node)
        }
        lookOut()
    }

    /// Replicas, and masters that have no slots any more, are not spoken to.
    private func retireOthers(_ map: SlotMap) {
        let masters = Set(map.masters)
        for (endpoint, node) in nodes where !masters.contains(endpoint) {
            nodes[endpoint] = nil
            node.retire()
        }
    }

    /// Looks at the map again for as long as something is missing.
    private func lookOut() {
        let isWell = map?.orphanCount == 0 && nodes.values.allSatisfy { $0.state == .up }
        guard isCluster, !isWell, !isClosed else { return }
        if map != nil, nodes.values.allSatisfy({ $0.isDown }) {
            // All masters may have moved: the endpoints that were given may know.
            for endpoint in context.settings.endpoints { _ = node(at: endpoint) }
        }
        timer?.set(context.loop.now.advanced(milliseconds: Topology.lookOutMS))
    }

    // MARK: - The state

    /// Of all servers together.
    var state: RedisState {
        guard !isClosed else { return .down("the client is closed") }
        let masters = map.map { map in map.masters.compactMap { nodes[$0] } } ?? Array(nodes.values)
        let down = masters.filter(\.isDown)
        guard down.isEmpty else {
            let (endpoint, reason) = ("\(down[0].endpoint): ", down[0].reason)
            let first = reason.hasPrefix(endpoint) ? reason : endpoint + reason
            let isAll = down.count == masters.count
            if map == nil, !isAll {
                return masters.contains { $0.state == .up } ? .up : .connecting
            }
            return isAll ? .down(first) : .partly(first)
        }
        if let map, map.orphanCount > 0 {
            return .partly("\(map.orphanCount) slots have no master")
        }
        return masters.contains { $0.state == .up } ? .up : .connecting
    }
}
