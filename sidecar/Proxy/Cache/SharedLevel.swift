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
    private let client: RedisClient
    private let clients: RedisClients
    private let seal: EntrySeal
    private let caching: SharedCaching
    private let shard: MetricsShard
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
        caching = context.shared.caching
        shard = context.telemetry.shard
        loop = context.loop
        seal = EntrySeal(secret: settings.secret, bodyBytesMax: entryBytes)
        clients = context.redis
        client = context.redis.client(settings.redis)
    }

    // MARK: - Answers

    /// Begins to look an answer up.
    /// - Returns: nil when Redis cannot be asked.
    func look(for key: CacheKey) -> RedisCall? {
        guard caching.isEpochKnown else { return nil }
        var command = RedisCommand(Self.getRange, capacity: 160)
        command.append(key: Self.prefix + key.hex)
        command.append(0)
        command.append(Self.firstBytes - 1)
        return try? client.begin(command)
    }

    /// The answer that was looked for; nil also when Redis does not say it in time.
    func find(_ call: RedisCall, _ key: CacheKey, ageMaxMS: UInt64?) async -> CachedAnswer? {
        guard let bytes = await bytes(call, key), !bytes.isEmpty else { return nil }
        guard let answer = seal.open(bytes, under: key) else {
            shard.countRejectedEntry()
            return nil
        }
        return answer.isFresh(at: RequestCaching.nowMS, ageMaxMS: ageMaxMS) ? answer : nil
    }

    /// The entry; empty where there is none.
    private func bytes(_ call: RedisCall, _ key: CacheKey) async -> [UInt8]? {
        guard let first = (try? await call.answer())?.bytes else { return nil }
        if first.count < Self.firstBytes { return first }
        var command = RedisCommand(Self.get, capacity: 128)
        command.append(key: Self.prefix + key.hex)
        return (try? await bulk.send(command))?.bytes
    }

    /// Connects when it is needed first.
    private var bulk: RedisClient { clients.client(settings.redis, for: .bulk) }

    /// Keeps an answer for all. Nobody waits for it.
    /// - Parameter ttlMS: nil for the table's.
    func store(_ answer: CachedAnswer, under key: CacheKey, ttlMS: UInt64?) {
        guard caching.isEpochKnown, !client.isDown else { return }
        let ttl = ttlMS ?? settings.ttlMS
        let kept = answer.expiring(at: answer.createdMS + ttl)
        let sealed = seal.seal(kept, under: key)
        var command = RedisCommand(Self.set, capacity: sealed.count + 256)
        command.append(key: Self.prefix + key.hex)
        command.append(sealed)
        command.append("PX")
        command.append(Int(ttl))
        (sealed.count < Self.firstBytes ? client : bulk).post(command)
    }

    /// Forgets answers.
    func remove(_ keys: [CacheKey]) {
        for key in keys { client.post(RedisCommand("DEL", key: Self.prefix + key.hex)) }
    }

    // MARK: - All answers

    /// Has the number that a flush raises be known, before it is part of a name. Waits only the
    /// first time; later it is asked for again beside requests, and may be a second old.
    func learnEpoch() async {
        if let asked = epochAskedAt, caching.isEpochKnown,
            loop.now < asked.advanced(milliseconds: Self.epochMS)
        {
            return
        }
        epochAskedAt = loop.now
        let command = RedisCommand("GET", key: Self.epochKey)
        if caching.isEpochKnown {
            client.post(command) { [caching] outcome in
                if case .success(let reply) = outcome { caching.adopt(epoch: reply) }
            }
        } else if let reply = try? await client.send(command) {
            caching.adopt(epoch: reply)
        }
    }

    /// Drops all answers, for all sidecars.
    /// - Returns: whether Redis has taken note.
    func dropAll() async -> Bool {
        guard let reply = try? await client.send(RedisCommand("INCR", key: Self.epochKey)) else {
            return false
        }
        caching.adopt(epoch: reply)
        return true
    }

    /// Whether Redis answers.
    func answers() async -> Bool {
        (try? await client.send(RedisCommand("GET", key: Self.epochKey))) != nil
    }
}

extension SharedCaching {
    /// Takes over what Redis says of flushes; nothing for never.
    fileprivate func adopt(epoch reply: RedisReply) {
        guard reply.isNull || reply.integer != nil else { return }
        adopt(epoch: UInt64(clamping: reply.integer ?? 0))
    }
}
