internal import Cryptography
internal import EventLoop

/// Making one connection: addresses, TCP, TLS, the greeting, within one deadline.
final class ConnectionAttempt {
    private let endpoint: RedisEndpoint
    private let context: RedisContext
    private let allowsReplica: Bool
    private var socket: StreamSocket?
    private var isCancelled = false
    /// Whether the failure is what the server, or TLS, has said, and not that nobody answered.
    private(set) var isAnswered = false

    init(_ endpoint: RedisEndpoint, _ context: RedisContext, allowsReplica: Bool) {
        self.endpoint = endpoint
        self.context = context
        self.allowsReplica = allowsReplica
    }

    func cancel() {
        isCancelled = true
        socket?.close()
    }

    /// - Throws: `.down` with the reason, mostly.
    func run() async throws(RedisError) -> (RedisConnection, ServerFacts) {
        let deadline = context.loop.now.advanced(milliseconds: context.settings.connectMS)
        let socket = try await connect(until: deadline)
        let secure = try makeSession()
        let connection = RedisConnection(socket: socket, secure: secure, context: context)
        do throws(RedisError) {
            let facts = try await greet(connection, until: deadline)
            return (connection, facts)
        } catch {
            connection.fail(error)
            context.forgetOldTLS()
            if case .down = error { isAnswered = true }
            guard error == .timeout else { throw error }
            throw .down("no answer to the first commands within \(context.settings.connectMS) ms")
        }
    }

    private func connect(until deadline: Instant) async throws(RedisError) -> StreamSocket {
        var last = RedisError.down("\(endpoint) has no address")
        for address in try await addresses(until: deadline) {
            guard !isCancelled else { throw .closed("cancelled") }
            do throws(SocketError) {
                let socket = try StreamSocket.connecting(to: address, on: context.loop)
                self.socket = socket
                try await socket.finishConnecting(until: deadline)
                return socket
            } catch {
                last = .down("\(address): \(error)")
                if error == .timedOut { break }
            }
        }
        throw last
    }

    private func addresses(until deadline: Instant) async throws(RedisError) -> [SocketAddress] {
        switch endpoint {
        case .tcp(let host, let port):
            if let numeric = SocketAddress(host: host, port: port) { return [numeric] }
            return try await context.resolve(host, port, deadline)
        case .unix(let path):
            guard let address = SocketAddress(unixPath: path) else {
                throw .down("\(endpoint) is not a path of 1 to 107 bytes")
            }
            return [address]
        }
    }

    private func makeSession() throws(RedisError) -> TLSSession? {
        guard let settings = context.settings.tls else { return nil }
        var name = settings.serverName ?? ""
        if name.isEmpty, case .tcp(let host, _) = endpoint { name = host }
        do throws(TLSError) {
            return try TLSSession(
                context.tls(settings),
                serverName: name,
                verifiesName: settings.verifiesName
            )
        } catch {
            throw .down("\(error)")
        }
    }

    private func greet(
        _ connection: RedisConnection,
        until deadline: Instant
    ) async throws(RedisError) -> ServerFacts {
        var asked: [(step: Greeting.Step, pending: PendingCommand)] = []
        for (step, command) in Greeting.commands(for: context.settings) {
            let pending = PendingCommand(onOutcome: nil)
            try connection.send(command, pending)
            asked.append((step, pending))
        }
        do throws(RedisError) {
            try await connection.run(until: deadline) {
                asked.contains { $0.pending.outcome == nil }
            }
        } catch {
            guard case .closed = error, let first = asked.first?.pending.outcome,
                case .failure(.server(let said)) = first
            else { throw error }
            // As where there are too many clients: it says so before it hears anything.
            throw .down("it refuses the connection: \(said)")
        }
        let answers = asked.compactMap { step, pending in pending.outcome.map { (step, $0) } }
        return try Greeting.judge(answers, allowsReplica: allowsReplica)
    }
}
