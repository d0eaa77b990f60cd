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
