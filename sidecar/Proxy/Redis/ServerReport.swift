internal import Redis

/// What the workers' clients of one server have told, made one.
struct ServerReport {
    private var states: [Int: RedisState] = [:]
    private var told: RedisState?
    private var findings: [RedisFinding: Set<Int>] = [:]

    /// Whether no worker uses the server.
    var isUnused: Bool { states.isEmpty }

    /// Takes what one worker's client tells.
    /// - Returns: the line for operators: when the first worker loses the server, when the last one
    ///   has it back, and when it is out of reach for another reason; nil when they know.
    mutating func take(_ event: RedisEvent, worker: Int) -> String? {
        switch event {
        case .state(let state): return take(state, worker).map { "Redis is \($0)" }
        case .finding(let finding): return take(finding, worker) ? "\(finding)" : nil
        }
    }

    private mutating func take(_ state: RedisState, _ worker: Int) -> RedisState? {
        let isOtherReason = states[worker]?.rank == state.rank
        states[worker] = state
        let worst = states.values.map(\.rank).max() ?? state.rank
        let shown = state.rank == worst ? state : states.values.first { $0.rank == worst }
        guard let shown else { return nil }
        let isChange = told?.rank != worst || isOtherReason && state == shown && told != state
        guard isChange else { return nil }
        told = shown
        return shown
    }

    /// A client tells of a finding once for as long as it stays so: who tells again has new reason.
    private mutating func take(_ finding: RedisFinding, _ worker: Int) -> Bool {
        let tellers = findings[finding] ?? []
        guard tellers.isEmpty || tellers.contains(worker) else {
            findings[finding] = tellers.union([worker])
            return false
        }
        findings[finding] = [worker]
        return true
    }

    /// A worker uses the server no more.
    mutating func forget(worker: Int) {
        states[worker] = nil
    }
}

extension RedisState {
    /// How much of it is out of reach.
    fileprivate var rank: Int {
        switch self {
        case .up, .connecting: 0
        case .partly: 1
        case .down: 2
        }
    }
}
