internal import EventLoop
internal import RateLimits
internal import Redis

/// A worker's way to the scripts in Redis.
final class LimitLink {
    let keys: LimitKeys
    private let client: RedisClient
    private let journal: RedisJournal

    private static let scripts = Dictionary(
        uniqueKeysWithValues: LimitScript.all.map { ($0.name, RedisScript($0.source)) }
    )

    init(_ client: RedisClient, _ keys: LimitKeys, _ journal: RedisJournal) {
        self.journal = journal
        self.client = client
        self.keys = keys
    }

    /// Whether Redis would not answer.
    var isDown: Bool { client.isDown }

    /// - Returns: nil when Redis does not answer in time, or not with numbers.
    func run(_ call: LimitCall) async -> [Int64]? {
        guard let script = Self.scripts[call.script.name] else { return nil }
        do throws(RedisError) {
            let reply = try await client.run(
                script,
                keys: call.keys,
                arguments: call.redisArguments
            )
            return numbers(.success(reply), call)
        } catch {
            return numbers(.failure(error), call)
        }
    }

    /// Nobody waits for it.
    /// - Parameter onAnswer: gets the answer, or nil as `run` gives it.
    /// - Returns: whether it will be sent, and `onAnswer` be called.
    @discardableResult
    func post(_ call: LimitCall, onAnswer: (([Int64]?) -> Void)? = nil) -> Bool {
        guard let script = Self.scripts[call.script.name] else { return false }
        return client.post(script, keys: call.keys, arguments: call.redisArguments) {
            [self] outcome in
            let numbers = numbers(outcome, call)
            onAnswer?(numbers)
        }
    }

    private func numbers(
        _ outcome: Result<RedisReply, RedisError>,
        _ call: LimitCall
    ) -> [Int64]? {
        journal.note(outcome, .limits, call.script.name)
        return try? outcome.get().numbers
    }
}

extension LimitCall {
    fileprivate var redisArguments: [RedisArgument] {
        arguments.map { word in
            switch word {
            case .text(let text): .text(text)
            case .number(let number): .number(Int(number))
            }
        }
    }
}

extension RedisReply {
    /// Nil also for numbers that no script of ours gives: nobody is to add to them.
    fileprivate var numbers: [Int64]? {
        guard let elements else { return integer.flatMap { Self.checked($0) }.map { [$0] } }
        var numbers: [Int64] = []
        for element in elements {
            guard case .integer(let number) = element, let number = Self.checked(number) else {
                return nil
            }
            numbers.append(number)
        }
        return numbers
    }

    /// Lua's numbers are whole up to 2^53.
    private static func checked(_ number: Int) -> Int64? {
        number.magnitude <= 1 << 53 ? Int64(number) : nil
    }
}
