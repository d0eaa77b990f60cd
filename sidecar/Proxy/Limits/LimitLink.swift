internal import EventLoop
internal import RateLimits
internal import Redis

/// A worker's way to the scripts in Redis.
final class LimitLink {
    let keys: LimitKeys
    private let client: RedisClient
    private let journal: RedisJournal

    /// By the numbers of the limiter's.
    private static let scripts = LimitScript.all.map { RedisScript($0.source) }

    init(_ client: RedisClient, _ keys: LimitKeys, _ journal: RedisJournal) {
        self.journal = journal
        self.client = client
        self.keys = keys
    }

    /// Whether Redis would not answer.
    var isDown: Bool { client.isDown }

    /// Sends a call, for whose answer the caller may wait later.
    /// - Parameter onLate: gets an answer that nobody waits for any more; see `numbers`.
    /// - Returns: nil when it cannot be sent.
    func begin(_ call: LimitCall, onLate: ((RedisReply) -> Void)? = nil) -> RedisCall? {
        let script = Self.scripts[call.script.number]
        return try? client.begin(script, call.command(script), onLate: onLate)
    }

    /// Waits for the answer to a call that was sent.
    /// - Returns: nil when Redis does not answer in time, or not with numbers.
    func answer(_ call: RedisCall, _ script: LimitScript) async -> [Int64]? {
        do throws(RedisError) {
            return numbers(.success(try await call.answer()), script)
        } catch {
            return numbers(.failure(error), script)
        }
    }

    /// - Returns: nil when Redis does not answer in time, or not with numbers.
    func run(_ call: LimitCall) async -> [Int64]? {
        guard let begun = begin(call) else { return nil }
        return await answer(begun, call.script)
    }

    /// Nobody waits for it.
    /// - Parameter onAnswer: gets the answer, or nil as `run` gives it.
    /// - Returns: whether it will be sent, and `onAnswer` be called.
    @discardableResult
    func post(_ call: LimitCall, onAnswer: (([Int64]?) -> Void)? = nil) -> Bool {
        let script = Self.scripts[call.script.number]
        return client.post(script, call.command(script)) { [self, kind = call.script] outcome in
            if let onAnswer {
                onAnswer(numbers(outcome, kind))
            } else {
                journal.note(outcome, .limits, kind.name)
            }
        }
    }

    private func numbers(
        _ outcome: Result<RedisReply, RedisError>,
        _ script: LimitScript
    ) -> [Int64]? {
        journal.note(outcome, .limits, script.name)
        return try? outcome.get().numbers
    }
}

extension LimitCall {
    fileprivate func command(_ script: RedisScript) -> RedisCommand {
        var command = script.call(keyCount: keys.count)
        for key in keys { command.append(key: key.prefix, key.name) }
        for word in arguments {
            switch word {
            case .text(let text): command.append(text)
            case .number(let number): command.append(Int(number))
            }
        }
        return command
    }
}

extension RedisReply {
    /// Nil also for numbers that no script of ours gives: nobody is to add to them.
    var numbers: [Int64]? {
        guard let elements else { return integer.flatMap { Self.checked($0) }.map { [$0] } }
        var numbers: [Int64] = []
        numbers.reserveCapacity(elements.count)
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
