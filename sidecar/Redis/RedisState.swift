/// Whether Redis can be used, and if not, why.
package enum RedisState: Hashable, Sendable, CustomStringConvertible {
    /// Not known yet: commands wait for the first connection, as long as they may.
    case connecting
    case up
    /// Of a cluster, some masters: keys of the others fail at once.
    case partly(String)
    /// Commands fail at once.
    case down(String)

    package var isUp: Bool { self == .up }

    package var description: String {
        switch self {
        case .connecting: "connecting"
        case .up: "up"
        case .partly(let reason): "partly up: \(reason)"
        case .down(let reason): "down: \(reason)"
        }
    }
}

/// What a client has to tell, for one line of the log each.
package enum RedisEvent: Hashable, Sendable {
    /// The state has changed.
    case state(RedisState)
    /// Something about the server does not suit; told once for as long as it stays so.
    case finding(RedisFinding)
}

/// What a client has done so far.
package struct RedisCounts: Hashable, Sendable {
    /// Commands written or queued to be.
    package var sent = 0
    /// Those whose answer came in time, errors included.
    package var answered = 0
    /// Those whose deadline passed.
    package var timedOut = 0
    /// Those that failed at once, since Redis is down or too many wait.
    package var refused = 0
    /// Those whose connection ended before their answer.
    package var lost = 0
    /// Answers that sent a command to another master.
    package var redirected = 0
    /// Connections that were ready to be used.
    package var connected = 0
    /// Times that the circuit breaker opened.
    package var opened = 0

    package init() {}
}
