internal import EventLoop

/// One connection to a plain-HTTP upstream, serving exchanges one after the other.
final class PlainConnection {
    let socket: StreamSocket
    let origin: Origin
    /// Bytes that came behind a head in the same read.
    let input = ByteBuffer(capacity: 0)
    let head = ByteBuffer(capacity: 512)
    let output = OutputVector()
    /// What is left of a request that was answered before it was read.
    let rest = ByteBuffer(capacity: 0)
    /// Exchanges begun on it.
    var uses = 0
    var idleSince = Instant(nanoseconds: 0)

    init(socket: StreamSocket, origin: Origin) {
        self.socket = socket
        self.origin = origin
    }

    /// Whether it can be given to an exchange: open, and nothing came that nobody asked for.
    var isUsable: Bool {
        socket.isOpen && !socket.peerHasClosed && !socket.mayHaveInput && input.isEmpty
    }
}
