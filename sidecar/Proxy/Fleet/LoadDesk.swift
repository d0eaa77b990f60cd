internal import Fleet
internal import Routing

/// Tells the fleet what this process has in flight and has measured, and takes up what the others
/// tell: for groups whose strategy goes by it. Only on the first worker's loop.
final class LoadDesk {
    private unowned let context: WorkerContext
    /// Calls that have not been answered yet: a Redis that is late is not asked more.
    private var isAskingLoad = false
    private var isAskingLatency = false

    /// How many endpoints are shared at most, of each kind. A group is shared as a whole or not at
    /// all, since one of which less is known would seem to have less to do.
    static let endpointsMax = 1_000
    /// How long it is believed what the fleet has told, in milliseconds.
    static let freshMS: UInt64 = 5_000

    init(_ context: WorkerContext) {
        self.context = context
    }

    /// Each second.
    func beat(_ link: FleetLink) {
        // Also when Redis is away: what came meanwhile is old when it is back.
        let endpoints = context.board.takeUnshared()
        guard !endpoints.isEmpty, !link.isDown else { return }
        if !isAskingLoad {
            let post = LoadPost(LoadDesk.wholeGroups(endpoints) { $0.sharing == .inFlight })
            isAskingLoad = post.send(link, context) { [weak self] in self?.isAskingLoad = false }
        }
        if !isAskingLatency {
            let post = LatencyPost(LoadDesk.wholeGroups(endpoints) { $0.sharing != .inFlight })
            isAskingLatency = post.send(link, context) { [weak self] in
                self?.isAskingLatency = false
            }
        }
    }

    /// The same groups in each sidecar: by name, as many as there is room for.
    static func wholeGroups(
        _ endpoints: [UnsharedEndpoint],
        of isWanted: (UnsharedEndpoint) -> Bool
    ) -> [[UnsharedEndpoint]] {
        let groups = Dictionary(grouping: endpoints.filter(isWanted), by: \.model)
        var room = endpointsMax
        return groups.sorted { $0.key < $1.key }.compactMap { _, group in
            guard group.count <= room else { return nil }
            room -= group.count
            return group
        }
    }
}

/// Requests in flight, as one beat tells them.
private struct LoadPost {
    private struct Place {
        let endpoint: UnsharedEndpoint
        let name: String
        let groupName: String
    }

    private var places: [Place] = []
    /// By name; what is 0 is not said, but counts as said.
    private var said: [String: Int32] = [:]

    init(_ groups: [[UnsharedEndpoint]]) {
        for group in groups {
            guard let first = group.first, let groupName = LoadName.begun(group: first.model) else {
                continue
            }
            for endpoint in group {
                guard let name = EndpointName(endpoint.key).flatMap({ LoadName.inFlight($0) })
                else { continue }
                places.append(Place(endpoint: endpoint, name: name, groupName: groupName))
                said[name] = max(0, endpoint.inFlight)
                said[groupName, default: 0] += max(0, endpoint.unshared.begun)
            }
        }
    }

    /// - Returns: whether it will be answered, and `onAnswer` be called.
    func send(
        _ link: FleetLink,
        _ context: WorkerContext,
        onAnswer: @escaping () -> Void
    ) -> Bool {
        if places.isEmpty { return false }
        // Always in the same order, so that what has not changed is the same text.
        let names = said.keys.sorted()
        let call = FleetCall.load(
            context.shared.limits.instance,
            says: names.compactMap { name in
                said[name].flatMap { $0 > 0 ? (name: name, count: $0) : nil }
            },
            asks: names,
            link.keys
        )
        return link.post(call) { [weak context] answer in
            onAnswer()
            guard let context, let answer,
                let values = FleetCall.values(answer, count: names.count)
            else { return }
            note(Dictionary(uniqueKeysWithValues: zip(names, values)), context)
        }
    }

    private func note(_ totals: [String: Int64?], _ context: WorkerContext) {
        func others(_ name: String) -> Int32 {
            let total = (totals[name] ?? nil) ?? 0
            return Int32(clamping: max(0, total - Int64(said[name] ?? 0)))
        }
        let ends = context.moment.adding(milliseconds: LoadDesk.freshMS)
        context.board.note(
            places.map { place in
                var share = FleetShare()
                share.ends = ends
                share.othersInFlight = others(place.name)
                share.ownInFlight = max(0, place.endpoint.inFlight)
                let own = Double(max(1, said[place.groupName] ?? 0))
                share.othersPace = min(
                    Double(others(place.groupName)) / own,
                    FleetShare.paceMax
                )
                return (place.endpoint, share)
            }
        )
    }
}

/// Latencies, as one beat tells them.
private struct LatencyPost {
    private var endpoints: [UnsharedEndpoint] = []
    /// Of each endpoint two.
    private var names: [String] = []
    private var says: [LatencyWords] = []

    init(_ groups: [[UnsharedEndpoint]]) {
        for endpoint in groups.joined() {
            guard let name = EndpointName(endpoint.key),
                case .latency(let holdMS, let samplesMax) = endpoint.sharing
            else { continue }
            endpoints.append(endpoint)
            for (name, sum) in [
                (LatencyName.firstToken(name), endpoint.unshared.firstToken),
                (LatencyName.token(name), endpoint.unshared.token),
            ] {
                names.append(name)
                guard sum.count > 0 else { continue }
                says.append(
                    LatencyWords(
                        name: name,
                        holdMS: Int64(clamping: holdMS),
                        samplesMax: samplesMax,
                        seconds: sum.seconds,
                        count: sum.count
                    )
                )
            }
        }
    }

    /// - Returns: whether it will be answered, and `onAnswer` be called.
    func send(
        _ link: FleetLink,
        _ context: WorkerContext,
        onAnswer: @escaping () -> Void
    ) -> Bool {
        if endpoints.isEmpty { return false }
        return link.post(.latency(says: says, asks: names, link.keys)) { [weak context] answer in
            onAnswer()
            guard let context, let answer,
                let values = FleetCall.values(answer, count: names.count)
            else { return }
            let ends = context.moment.adding(milliseconds: LoadDesk.freshMS)
            context.board.note(
                endpoints.indices.map { place in
                    var share = FleetShare()
                    share.ends = ends
                    share.firstTokenSeconds = values[2 * place].map { Double($0) / 1e9 }
                    share.tokenSeconds = values[2 * place + 1].map { Double($0) / 1e9 }
                    return (endpoints[place], share)
                }
            )
        }
    }
}
