/// Why a command has no answer.
package enum RedisError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Redis is known to be out of reach: nothing was sent, and no time was lost.
    case down(String)
    /// No answer before the deadline. The command may have been executed, or may be yet.
    case timeout
    /// The connection ended before the answer. The command may have been executed.
    case closed(String)
    /// Redis answered with an error.
    case server(ServerError)
    /// What came is not Redis' protocol, or over a limit; the connection is closed.
    case protocolViolation(String)
    /// As many commands wait for answers as may; nothing was sent.
    case tooManyPending

    /// Whether no byte of the command can have reached Redis.
    package var sentNothing: Bool {
        switch self {
        case .down, .tooManyPending: true
        default: false
        }
    }

    /// A short name, for metrics.
    package var kind: String {
        switch self {
        case .down: "down"
        case .timeout: "timeout"
        case .closed: "closed"
        case .server: "server"
        case .protocolViolation: "protocol"
        case .tooManyPending: "too_many_pending"
        }
    }

    package var description: String {
        switch self {
        case .down(let reason): "Redis is down: \(reason)"
        case .timeout: "Redis did not answer in time"
        case .closed(let reason): "the connection to Redis ended: \(reason)"
        case .server(let error): "Redis answered: \(error)"
        case .protocolViolation(let text): "Redis' answer is not its protocol: \(text)"
        case .tooManyPending: "too many commands wait for Redis"
        }
    }
}
