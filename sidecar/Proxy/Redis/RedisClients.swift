internal import EventLoop
internal import Logging
internal import Redis
internal import Upstream

/// A worker's connections to Redis: one client for each server, whoever uses it.
///
/// Only on the worker's loop.
final class RedisClients {
    private let loop: EventLoop
    private let addresses: AddressCache
    private let log: Logger
    private let counter: RedisCounter
    private var clients: [Name: RedisClient] = [:]

    /// What a client is for: answers come in the order of commands, so what is large must not stand
    /// before what is urgent.
    enum Use: Hashable {
        case ordinary
        /// Large values, for which the others need not wait.
        case bulk
    }

    private struct Name: Hashable {
        let settings: RedisSettings
        let use: Use
    }

    /// - Parameter counter: the worker's own.
    init(loop: EventLoop, addresses: AddressCache, log: Logger, counter: RedisCounter) {
        self.loop = loop
        self.addresses = addresses
        self.log = log
        self.counter = counter
    }

    /// The client of a server; a new one begins to connect.
    func client(_ settings: RedisSettings, for use: Use = .ordinary) -> RedisClient {
        let name = Name(settings: settings, use: use)
        if let known = clients[name] { return known }
        let client = RedisClient(
            settings: settings,
            loop: loop,
            counter: counter,
            resolve: { [loop, addresses] host, port, deadline throws(RedisError) in
                do {
                    return try await addresses.addresses(
                        of: host,
                        port: port,
                        on: loop,
                        until: deadline
                    )
                } catch {
                    throw .down("\(error)")
                }
            },
            onEvent: { [log] event in
                // The ordinary one has told it.
                if use == .bulk { return }
                switch event {
                case .state(let state): log.warning("Redis is \(state)")
                case .finding(let finding): log.warning("\(finding)")
                }
            }
        )
        clients[name] = client
        client.start()
        return client
    }

    /// Closes the clients of all servers that are not wanted any more.
    func keep(_ wanted: Set<RedisSettings>) {
        for (name, client) in clients where !wanted.contains(name.settings) {
            client.close()
            clients[name] = nil
        }
    }
}
