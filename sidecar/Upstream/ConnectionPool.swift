internal import EventLoop

/// What connections may be shared by: the origin, and the address that one was asked for.
struct PoolKey: Hashable {
    let origin: Origin
    /// Nil for connections to whatever the origin's name resolves to.
    let address: SocketAddress?

    /// One of the two tells most keys apart, so only one is hashed.
    func hash(into hasher: inout Hasher) {
        if let address { hasher.combine(address) } else { hasher.combine(origin) }
    }
}

/// The connections to one endpoint: those that serve an exchange know it, those that wait for one
/// are in it.
final class ConnectionPool {
    /// By the time that they have been idle for, the longest first.
    private var idle: [PlainConnection] = []
    private let total: OpenConnections
    /// Connections that stand, idle ones included.
    private(set) var openCount = 0
    private var isRetired = false

    /// Idle connections to one endpoint; more are closed.
    private static let idleMax = 512
    private static let idleMS: UInt64 = 55_000

    init(total: OpenConnections) {
        self.total = total
    }

    /// The idle connection that was used last: the one least likely to be closed by the other side.
    func take(_ limits: ConnectionLimits) -> PlainConnection? {
        isRetired = false
        while let connection = idle.popLast() {
            connection.idleSince = nil
            if connection.isUsable, connection.isWithin(limits) { return connection }
            connection.close()
        }
        return nil
    }

    /// Keeps a connection whose exchange is over for the next one, or closes it if it is not good
    /// for that.
    func putBack(_ connection: PlainConnection, _ limits: ConnectionLimits) {
        guard !isRetired, idle.count < ConnectionPool.idleMax, connection.isUsable,
            connection.isWithin(limits)
        else {
            connection.close()
            return
        }
        connection.idleSince = connection.socket.loop.now
        idle.append(connection)
    }

    /// Takes out a connection that its peer has closed.
    func forget(_ connection: PlainConnection) {
        idle.removeAll { $0 === connection }
    }

    /// Closes idle connections, and keeps no other until one is taken again.
    func retire() {
        isRetired = true
        closeIdle()
    }

    /// Closes idle connections.
    func closeIdle() {
        let all = idle
        idle.removeAll()
        for connection in all { connection.close() }
    }

    /// Closes what was idle for too long, and what may not be used again.
    func closeOld(_ now: Instant, _ limits: ConnectionLimits) {
        let old = idle.filter { connection in
            let idleNS = connection.idleSince.map { now.since($0) } ?? 0
            return idleNS > ConnectionPool.idleMS * 1_000_000 || !connection.isWithin(limits)
        }
        guard !old.isEmpty else { return }
        idle.removeAll { connection in old.contains { $0 === connection } }
        for connection in old { connection.close() }
    }

    func opened() {
        openCount += 1
        total.opened()
    }

    func closed() {
        openCount -= 1
        total.closed()
    }
}
