internal import EventLoop
internal import Redis
internal import Upstream

/// A worker's connections to Redis: one client for each server, whoever uses it.
///
/// Only on the worker's loop.
final class RedisClients {
    private let loop: EventLoop
    private let addresses: AddressCache
    private let journal: RedisJournal
    private let worker: Int
    private var clients: [RedisSettings: RedisClient] = [:]

    init(loop: EventLoop, addresses: AddressCache, journal: RedisJournal) {
        self.loop = loop
        self.addresses = addresses
        self.journal = journal
        worker = journal.join()
    }

    /// The client of a server; a new one begins to connect.
    func client(_ settings: RedisSettings) -> RedisClient {
        if let known = clients[settings] { return known }
        let client = RedisClient(
            settings: settings,
            loop: loop,
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
            onEvent: { [journal, worker] event in
                journal.note(event, of: settings, worker: worker)
            }
        )
        clients[settings] = client
        client.start()
        return client
    }

    /// Closes the clients of all servers that are not wanted any more.
    func keep(_ wanted: Set<RedisSettings>) {
        for (settings, client) in clients where !wanted.contains(settings) {
            client.close()
            clients[settings] = nil
            journal.forget(settings, worker: worker)
        }
    }
}
