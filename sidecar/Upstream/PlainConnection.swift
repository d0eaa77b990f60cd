internal import EventLoop

/// One connection to a plain-HTTP upstream, serving exchanges one after the other.
final class PlainConnection {
    let socket: StreamSocket
    /// Where it waits between two exchanges.
    let pool: ConnectionPool
    /// Bytes that came behind a head in the same read.
    let input = ByteBuffer(capacity: 0)
    let head = ByteBuffer(capacity: 512)
    let output = OutputVector()
    /// What is left of a request that was answered before it was read.
    let rest = ByteBuffer(capacity: 0)
    /// Exchanges begun on it.
    var uses = 0
    /// When its last exchange ended; nil while it serves one.
    var idleSince: Instant?
    private let openedAt: Instant
    /// The part of the age limit that holds for this one.
    let ageShare = Double.random(in: 1 - ConnectionLimits.jitter...1)

    init(socket: StreamSocket, pool: ConnectionPool) {
        self.socket = socket
        self.pool = pool
        openedAt = socket.loop.now
        pool.opened()
        // Set once: an exchange that the peer's end cuts short sees that for itself.
        socket.onPeerClosed = { [weak self] in
            guard let self, self.idleSince != nil else { return }
            self.pool.forget(self)
            self.close()
        }
    }

    deinit {
        close()
    }

    /// Whether it can be given to an exchange: open, and nothing came that nobody asked for.
    var isUsable: Bool {
        socket.isOpen && !socket.peerHasClosed && !socket.mayHaveInput && input.isEmpty
    }

    /// Whether it may serve one more exchange.
    func isWithin(_ limits: ConnectionLimits) -> Bool {
        let ageNS = socket.loop.now.since(openedAt)
        return limits.allowsReuse(ageNS: ageNS, served: uses, share: ageShare)
    }

    /// Closes in order.
    func close() {
        guard socket.isOpen else { return }
        socket.close()
        pool.closed()
    }

    /// Ends it with a reset.
    func abort() {
        guard socket.isOpen else { return }
        socket.abort()
        pool.closed()
    }
}
