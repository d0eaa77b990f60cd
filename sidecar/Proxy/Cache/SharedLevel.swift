internal import EventLoop
internal import Redis
internal import ResponseCache
internal import Telemetry

/// The cache's second level, in Redis, as one worker sees it. Whatever goes wrong there is a miss.
///
/// What was dropped by `/cache/flushall` is not sought and deleted: entries' names hold a number
/// that the flush raises, and nobody finds the old ones, which expire.
final class SharedLevel {
    let settings: CacheSettings.Shared
    /// The most that an answer's body may have.
    let entryBytes: Int
    private let client: RedisClient
    private let clients: RedisClients
    private let seal: EntrySeal
    private let caching: SharedCaching
    private let shard: MetricsShard
    private let journal: RedisJournal
    private let loop: EventLoop
    private var epochAskedAt: Instant?

    /// Of everything that the cache keeps in Redis. No braces: entries spread over all slots of a
    /// cluster.
    private static let prefix = "sg:1:c:"
    private static let epochKey = prefix + "epoch"
    /// What of an entry comes with the first answer, in bytes; the rest of a larger one would keep
    /// what is behind it waiting, as the limits of other requests are.
    private static let firstBytes = 65_536
    private static let get = RedisCommand("GET")
    private static let getRange = RedisCommand("GETRANGE")
    private static let set = RedisCommand("SET")
    /// How old the number may be that a flush raises.
    private static let epochMS: UInt64 = 1_000

    init(_ settings: CacheSettings.Shared, entryBytes: Int, _ context: WorkerContext) {
        self.settings = settings
        self.entryBytes = entryBytes
        caching = context.shared.caching
        shard = context.telemetry.shard
        journal = context.shared.redis
        loop = context.loop
        seal = EntrySeal(secret: settings.secret, bodyBytesMax: entryBytes)
        clients = context.redis
        client = context.redis.client(settings.redis)
    }

    // MARK: - Answers

    /// Begins to look an answer up.
    /// - Parameter name: the key in hexadecimal digits.
    /// - Returns: nil when Redis cannot be asked.
    func look(for name: String) -> RedisCall? {
        guard caching.isEpochKnown else { return nil }
        var command = RedisCommand(Self.getRange, capacity: 160)
        command.append(key: Self.prefix, name)
        command.append(0)
        command.append(Self.firstBytes - 1)
        return try? client.begin(command)
    }

    /// The answer that was looked for; nil also when Redis does not say it in time.
    func find(_ call: RedisCall, _ key: CacheKey, ageMaxMS: UInt64?) async -> CachedAnswer? {
        guard var bytes = await answer(call, "GETRANGE")?.bytes else { return nil }
        // As Redis answers for a key that is not there. Where there is an empty entry, which is
        // none of ours, the store finds it.
        if bytes.isEmpty { return nil }
        if bytes.count >= Self.firstBytes {
            guard let whole = await whole(key) else { return nil }
            bytes = whole
        }
        guard let answer = seal.open(bytes, under: key) else {
            shard.countRejectedEntry()
            return nil
        }
        return answer.isFresh(at: RequestCaching.nowMS, ageMaxMS: ageMaxMS) ? answer : nil
    }

    /// An entry that does not come at once.
    private func whole(_ key: CacheKey) async -> [UInt8]? {
        var command = RedisCommand(Self.get, capacity: 128)
        command.append(key: Self.prefix, key.hex)
        guard let whole = try? bulk.begin(command) else { return nil }
        return await answer(whole, "GET")?.bytes
    }

    /// Connects when it is needed first.
    private var bulk: RedisClient { clients.client(settings.redis, for: .bulk) }

    /// Keeps an answer for all. Nobody waits for it.
    /// - Parameters:
    ///   - name: the key in hexadecimal digits.
    ///   - ttlMS: nil for the table's.
    func store(_ answer: CachedAnswer, under key: CacheKey, _ name: String, ttlMS: UInt64?) {
        guard caching.isEpochKnown, !client.isDown else { return }
        let ttl = ttlMS ?? settings.ttlMS
        let sealed = seal.seal(answer, under: key, expiresMS: answer.createdMS + ttl)
        var command = RedisCommand(Self.set, capacity: sealed.count + 256)
        command.append(key: Self.prefix, name)
        command.append(sealed)
        command.append("PX")
        command.append(Int(ttl))
        // Tells what was there: nothing, mostly, or what another sidecar has stored meanwhile.
        command.append("GET")
        let way = sealed.count < Self.firstBytes ? client : bulk
        way.post(command) { [journal, shard, client] outcome in
            switch outcome {
            case .success(.string(let old)) where old.isEmpty: shard.countRejectedEntry()
            case .failure(.server(let error)) where error.code == "WRONGTYPE":
                // No string: it must go before anything can be stored there.
                shard.countRejectedEntry()
                client.post(RedisCommand("DEL", key: Self.prefix + name))
                return
            default: break
            }
            journal.note(outcome, .cache, "SET")
        }
    }

    /// Forgets answers.
    /// - Returns: whether Redis says that all of them are gone.
    func remove(_ keys: [CacheKey]) async -> Bool {
        var left = keys[...]
        while !left.isEmpty {
            let some = left.prefix(Self.removedAtOnce)
            left = left.dropFirst(some.count)
            let removal = Removal(some.count, Waiter(loop: loop))
            for key in some {
                let command = RedisCommand("DEL", key: Self.prefix + key.hex)
                guard client.post(command, onOutcome: { removal.note($0) }) else { return false }
            }
            let end = loop.now.advanced(milliseconds: Self.removalMS)
            guard await removal.waiter.wait(until: end) == .signalled, !removal.hasFailed else {
                return false
            }
        }
        return true
    }

    /// Keys that are removed before the answers are waited for, fewer than may be under way.
    private static let removedAtOnce = 1_000
    /// How long that may take, in milliseconds.
    private static let removalMS: UInt64 = 5_000

    /// What becomes of keys that are being removed.
    private final class Removal {
        private var left: Int
        private(set) var hasFailed = false
        let waiter: Waiter

        init(_ count: Int, _ waiter: Waiter) {
            left = count
            self.waiter = waiter
        }

        func note(_ outcome: Result<RedisReply, RedisError>) {
            if case .failure = outcome { hasFailed = true }
            left -= 1
            if left == 0 { waiter.signal() }
        }
    }

    // MARK: - All answers

    /// Whether the number that a flush raises is not known, or was not asked for in a second.
    var needsEpoch: Bool {
        guard let asked = epochAskedAt, caching.isEpochKnown else { return true }
        return loop.now >= asked.advanced(milliseconds: Self.epochMS)
    }

    /// Has that number be known, before it is part of a name. Waits only the
    /// first time; later it is asked for again beside requests, and may be a second old.
    func learnEpoch() async {
        epochAskedAt = loop.now
        let command = RedisCommand("GET", key: Self.epochKey)
        if caching.isEpochKnown {
            client.post(command) { [weak self, journal] outcome in
                journal.note(outcome, .cache, "GET")
                guard let self, case .success(let reply) = outcome else { return }
                if reply.isNull { renewEpoch() } else { caching.adopt(epoch: reply) }
            }
        } else if var reply = await ask(command, "GET") {
            if reply.isNull {
                client.post(Self.freshEpoch)
                guard let fresh = await ask(command, "GET") else { return }
                reply = fresh
            }
            caching.adopt(epoch: reply)
        }
    }

    private func ask(_ command: RedisCommand, _ name: String) async -> RedisReply? {
        guard let call = try? client.begin(command) else { return nil }
        return await answer(call, name)
    }

    private func answer(_ call: RedisCall, _ name: String) async -> RedisReply? {
        do throws(RedisError) {
            let reply = try await call.answer()
            journal.note(.success(reply), .cache, name)
            return reply
        } catch {
            journal.note(.failure(error), .cache, name)
            return nil
        }
    }

    /// Drops all answers, for all sidecars.
    /// - Returns: whether Redis has taken note.
    func dropAll() async -> Bool {
        client.post(Self.freshEpoch)
        let command = RedisCommand("INCR", key: Self.epochKey)
        guard let reply = await ask(command, "INCR") else { return false }
        caching.adopt(epoch: reply)
        return true
    }

    /// Gives the number a value where Redis has none: it is new, or has lost it. One that was never
    /// there before, since a flush that is forgotten must not bring back what it dropped.
    private static var freshEpoch: RedisCommand {
        var command = RedisCommand("SET", key: epochKey)
        command.append(Int(RequestCaching.nowMS))
        command.append("NX")
        return command
    }

    private func renewEpoch() {
        client.post(Self.freshEpoch)
        client.post(RedisCommand("GET", key: Self.epochKey)) { [caching] outcome in
            if case .success(let reply) = outcome { caching.adopt(epoch: reply) }
        }
    }

    /// Whether Redis answers.
    func answers() async -> Bool {
        await ask(RedisCommand("GET", key: Self.epochKey), "GET") != nil
    }
}

extension SharedCaching {
    /// Takes over what Redis says of flushes.
    fileprivate func adopt(epoch reply: RedisReply) {
        guard let number = reply.integer else { return }
        adopt(epoch: UInt64(clamping: number))
    }
}
