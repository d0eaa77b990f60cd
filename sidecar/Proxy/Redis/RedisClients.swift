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
    private let counter: RedisCounter
    private let worker: Int
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
    init(
        loop: EventLoop,
        addresses: AddressCache,
        journal: RedisJournal,
        counter: RedisCounter
    ) {
        self.loop = loop
        self.addresses = addresses
        self.journal = journal
        self.counter = counter
        worker = journal.join()
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
            onEvent: { [journal, worker] event in
                // Of the same server the ordinary one tells.
                if use == .bulk { return }
                journal.note(event, of: settings, worker: worker)
            }
        )
        clients[name] = client
        client.start()
        return client
    }

    /// The loop ends with this turn: nothing is to wait for a later one.
    func endPatience() {
        for client in clients.values { client.endPatience() }
    }

    /// Closes the clients of all servers that are not wanted any more.
    func keep(_ wanted: Set<RedisSettings>) {
        for (name, client) in clients where !wanted.contains(name.settings) {
            client.close()
            clients[name] = nil
            journal.forget(name.settings, worker: worker)
        }
    }
}
