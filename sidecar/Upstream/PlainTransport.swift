internal import EventLoop
package import HTTP

/// HTTP/1.1 without TLS over connections of our own: the road to vLLM in the same cluster.
package final class PlainTransport: UpstreamTransport {
    let context: IOContext
    private let addresses: AddressCache
    private var idle: [Origin: [PlainConnection]] = [:]
    private var spareReaders: [ResponseReader] = []
    private var sweep: DeadlineTimer?
    private var turn = 0

    /// Idle connections to one origin; more are closed.
    private static let idleMax = 512
    private static let idleMS: UInt64 = 55_000

    package init(context: IOContext, addresses: AddressCache) {
        self.context = context
        self.addresses = addresses
    }

    /// A new exchange, which nothing has been sent on.
    package func makeExchange() -> any UpstreamExchange {
        PlainExchange(transport: self)
    }

    /// Closes the connections that no exchange uses.
    package func closeIdle() {
        for connections in idle.values {
            for connection in connections { connection.socket.close() }
        }
        idle.removeAll()
        sweep?.invalidate()
        sweep = nil
    }

    /// The idle connection that was used last: the one least likely to be closed by the other side.
    func takeIdle(_ origin: Origin) -> PlainConnection? {
        while let connection = idle[origin]?.popLast() {
            connection.socket.onPeerClosed = nil
            if connection.isUsable { return connection }
            connection.socket.close()
        }
        return nil
    }

    func putBack(_ connection: PlainConnection) {
        let origin = connection.origin
        guard connection.isUsable, idle[origin, default: []].count < PlainTransport.idleMax else {
            connection.socket.close()
            return
        }
        connection.idleSince = context.loop.now
        connection.socket.onPeerClosed = { [weak self, weak connection] in
            guard let connection else { return }
            self?.idle[origin]?.removeAll { $0 === connection }
            connection.socket.close()
        }
        idle[origin, default: []].append(connection)
        startSweeping()
    }

    func makeReader() -> ResponseReader {
        spareReaders.popLast() ?? ResponseReader()
    }

    func recycle(_ reader: ResponseReader) {
        guard spareReaders.count < 256 else { return }
        reader.reset()
        spareReaders.append(reader)
    }

    /// The addresses of an origin, beginning with another one each time.
    func targets(
        of origin: Origin,
        until deadline: Instant,
        willWait: (Waiter) -> Void
    ) async throws(UpstreamError) -> [SocketAddress] {
        let all = try await addresses.addresses(
            of: origin.host,
            port: origin.port,
            on: context.loop,
            until: deadline,
            willWait: willWait
        )
        guard all.count > 1 else { return all }
        turn &+= 1
        let first = turn % all.count
        return Array(all[first...] + all[..<first])
    }

    private func startSweeping() {
        if sweep == nil {
            sweep = DeadlineTimer(loop: context.loop) { [weak self] in self?.closeOld() }
        }
        if sweep?.deadline == nil {
            sweep?.set(context.loop.now.advanced(milliseconds: 5_000))
        }
    }

    private func closeOld() {
        let now = context.loop.now
        for (origin, connections) in idle {
            let old = connections.prefix {
                now.since($0.idleSince) > PlainTransport.idleMS * 1_000_000
            }
            guard !old.isEmpty || connections.isEmpty else { continue }
            for connection in old { connection.socket.close() }
            let kept = Array(connections[old.count...])
            idle[origin] = kept.isEmpty ? nil : kept
        }
        if !idle.isEmpty { startSweeping() }
    }
}
