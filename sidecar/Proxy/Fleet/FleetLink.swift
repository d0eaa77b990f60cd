internal import EventLoop
internal import Fleet
internal import Redis

/// The way to the fleet's scripts in Redis.
final class FleetLink {
    let keys: FleetKeys
    private let client: RedisClient
    private var scripts: [FleetScript: RedisScript] = [:]
    /// What Redis has refused, when it did so last; nil when it has taken a script since.
    private(set) var refusal: ServerError?

    init(_ client: RedisClient, _ keys: FleetKeys) {
        self.client = client
        self.keys = keys
    }

    /// Whether Redis would not answer.
    var isDown: Bool { client.isDown }

    /// - Parameter deadline: nil: as for commands that requests wait for.
    /// - Returns: nil when Redis does not answer in time, or with an error.
    func run(_ call: FleetCall, until deadline: Instant? = nil) async -> [FleetWord]? {
        let outcome: Result<RedisReply, RedisError>
        do throws(RedisError) {
            outcome = .success(
                try await client.run(
                    script(call),
                    keys: call.keys,
                    arguments: call.redisArguments,
                    until: deadline
                )
            )
        } catch {
            outcome = .failure(error)
        }
        return words(outcome)
    }

    /// Nobody waits for it.
    /// - Parameter onAnswer: gets the answer, or nil as `run` gives it.
    /// - Returns: whether it will be sent, and `onAnswer` be called.
    @discardableResult
    func post(_ call: FleetCall, onAnswer: (([FleetWord]?) -> Void)? = nil) -> Bool {
        client.post(script(call), keys: call.keys, arguments: call.redisArguments) {
            [weak self] outcome in
            let words = self?.words(outcome)
            onAnswer?(words)
        }
    }

    private func script(_ call: FleetCall) -> RedisScript {
        if let known = scripts[call.script] { return known }
        let made = RedisScript(call.script.source)
        scripts[call.script] = made
        return made
    }

    private func words(_ outcome: Result<RedisReply, RedisError>) -> [FleetWord]? {
        switch outcome {
        case .success(let reply):
            refusal = nil
            return reply.words
        case .failure(.server(let error)):
            refusal = error
            return nil
        case .failure: return nil
        }
    }
}

extension FleetCall {
    fileprivate var redisArguments: [RedisArgument] {
        arguments.map { word in
            switch word {
            case .text(let text): .text(text)
            case .number(let number): .number(Int(number))
            case .nothing: .text("")
            }
        }
    }
}

extension RedisReply {
    /// The elements of an array, or the one value; what has no place in a script's answer is
    /// nothing.
    fileprivate var words: [FleetWord] {
        (elements ?? [self]).map { element in
            switch element {
            case .integer(let number): .number(Int64(number))
            case .string: element.text.map { .text($0) } ?? .nothing
            case .array, .null, .error: .nothing
            }
        }
    }
}
