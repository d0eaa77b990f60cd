internal import EventLoop
internal import RateLimits
internal import Redis

/// A worker's way to the scripts in Redis.
final class LimitLink {
    let keys: LimitKeys
    private let client: RedisClient

    private static let scripts = Dictionary(
        uniqueKeysWithValues: LimitScript.all.map { ($0.name, RedisScript($0.source)) }
    )

    init(_ client: RedisClient, _ keys: LimitKeys) {
        self.client = client
        self.keys = keys
    }

    /// Whether Redis would not answer.
    var isDown: Bool { client.isDown }

    /// Sends a call, for whose answer the caller may wait later.
    /// - Parameter onLate: gets an answer that nobody waits for any more.
    /// - Returns: nil when it cannot be sent.
    func begin(_ call: LimitCall, onLate: (([Int64]) -> Void)? = nil) -> RedisCall? {
        guard let script = Self.scripts[call.script.name] else { return nil }
        return try? client.begin(script, call.command(script)) { reply in
            if let numbers = reply.numbers { onLate?(numbers) }
        }
    }

    /// - Returns: nil when Redis does not answer in time, or not with numbers.
    func answer(_ call: RedisCall) async -> [Int64]? { (try? await call.answer())?.numbers }

    /// - Returns: nil when Redis does not answer in time, or not with numbers.
    func run(_ call: LimitCall) async -> [Int64]? {
        guard let begun = begin(call) else { return nil }
        return await answer(begun)
    }

    /// Nobody waits for it.
    /// - Parameter onAnswer: gets the answer, or nil as `run` gives it.
    /// - Returns: whether it will be sent, and `onAnswer` be called.
    @discardableResult
    func post(_ call: LimitCall, onAnswer: (([Int64]?) -> Void)? = nil) -> Bool {
        guard let script = Self.scripts[call.script.name] else { return false }
        return client.post(script, call.command(script)) { outcome in
            onAnswer?(try? outcome.get().numbers)
        }
    }
}

extension LimitCall {
    fileprivate func command(_ script: RedisScript) -> RedisCommand {
        var command = script.call(keys: keys)
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
    fileprivate var numbers: [Int64]? {
        guard let elements else { return integer.map { [Int64($0)] } }
        var numbers: [Int64] = []
        for element in elements {
            guard case .integer(let number) = element else { return nil }
            numbers.append(Int64(number))
        }
        return numbers
    }
}
