package import EventLoop
package import HTTP

/// HTTP/1.1 without TLS over connections of our own: the road to vLLM in the same cluster.
package final class PlainTransport: UpstreamTransport {
    let context: IOContext
    /// Those of the table in service; they hold for connections that stand already, too.
    package var limits = ConnectionLimits()
    package var answerHead = AnswerHeadLimits()
    private let addresses: AddressCache
    private let open: OpenConnections
    private var pools: [PoolKey: ConnectionPool] = [:]
    private var spareReaders: [ResponseReader] = []
    private var sweep: DeadlineTimer?
    private var turn = 0

    /// How often old connections are looked for, while there are any at all.
    private static let sweepMS: UInt64 = 5_000

    /// - Parameter connectionsChanged: told 1 for each connection that opens, -1 for each that
    ///   closes.
    package init(
        context: IOContext,
        addresses: AddressCache,
        connectionsChanged: @escaping (Int) -> Void = { _ in }
    ) {
        self.context = context
        self.addresses = addresses
        open = OpenConnections(changed: connectionsChanged)
    }

    deinit {
        closeIdle()
    }

    package var connectionCount: Int { open.count }

    /// A new exchange, which nothing has been sent on.
    package func makeExchange() -> any UpstreamExchange {
        PlainExchange(transport: self)
    }

    /// Closes the connections that no exchange uses.
    package func closeIdle() {
        for pool in pools.values { pool.closeIdle() }
        forgetEmptyPools()
    }

    /// The endpoint is gone: closes its idle connections now, and those in use when their exchanges
    /// end, until a request goes there again.
    /// - Parameter address: as the requests' `address`.
    package func closeIdle(origin: Origin, address: SocketAddress?) {
        pools[PoolKey(origin: origin, address: address)]?.retire()
    }

    func takeIdle(for request: UpstreamRequest) -> PlainConnection? {
        pools[PoolKey(origin: request.origin, address: request.address)]?.take(limits)
    }

    /// A connection for a request's endpoint, over a socket that is connected to it.
    func makeConnection(_ socket: StreamSocket, for request: UpstreamRequest) -> PlainConnection {
        let key = PoolKey(origin: request.origin, address: request.address)
        let pool = pools[key] ?? ConnectionPool(total: open)
        pools[key] = pool
        startSweeping()
        return PlainConnection(socket: socket, pool: pool)
    }

    func putBack(_ connection: PlainConnection) {
        connection.pool.putBack(connection, limits)
    }

    func makeReader() -> ResponseReader {
        let reader = spareReaders.popLast() ?? ResponseReader()
        reader.limits = answerHead
        return reader
    }

    func recycle(_ reader: ResponseReader) {
        guard spareReaders.count < 256 else { return }
        reader.reset()
        spareReaders.append(reader)
    }

    /// Where to connect to: the request's address, or those of its origin, beginning with another
    /// one each time.
    func targets(
        of request: UpstreamRequest,
        until deadline: Instant,
        willWait: (Waiter) -> Void
    ) async throws(UpstreamError) -> [SocketAddress] {
        if let address = request.address { return [address] }
        let all = try await addresses.addresses(
            of: request.origin.host,
            port: request.origin.port,
            on: context.loop,
            until: deadline,
            maxAgeMS: addresses.staleMS,
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
            sweep?.set(context.loop.now.advanced(milliseconds: PlainTransport.sweepMS))
        }
    }

    private func closeOld() {
        let now = context.loop.now
        for pool in pools.values { pool.closeOld(now, limits) }
        forgetEmptyPools()
        if !pools.isEmpty { startSweeping() }
    }

    /// A pool without a connection has nothing to remember.
    private func forgetEmptyPools() {
        if pools.values.contains(where: { $0.openCount == 0 }) {
            pools = pools.filter { $0.value.openCount > 0 }
        }
        if pools.isEmpty { sweep?.invalidate() }
    }
}
