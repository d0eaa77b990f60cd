internal import RouteTable
internal import YAML

/// Numbers that a key can hold and nobody can mean: what is used instead is said, and is what the
/// table gets.
extension ConfigDecoder {
    /// The most retries of one group, and the deepest fallbacks of fallbacks; a request ends long
    /// before.
    static let retriesMax: Int64 = 100
    /// The longest cooldown, a day.
    static let cooldownMSMax: Int64 = 86_400_000

    /// The value of a known key, kept within what can be meant; nil also when it sets nothing.
    func setting(
        _ entry: YAMLEntry,
        _ key: ParameterKey,
        _ form: KnownKey.Form
    ) -> ParameterValue? {
        if let number = number(entry.value), number > 0, number < 1,
            case .noLimit(let hint)? = Self.zeros[key], form.scalar == .integer
        {
            let name = entry.key.text
            sink.warn(.zeroLimit, entry.value.mark, "\(name) is below 1, so no limit", hint: hint)
            return nil
        }
        let value = value(entry, key, form)
        guard case .integer(let number)? = value else { return value }
        if number == 0, let zero = Self.zeros[key] {
            let name = entry.key.text
            switch zero {
            case .noLimit(let hint):
                sink.warn(.zeroLimit, entry.value.mark, "\(name): 0 is no limit", hint: hint)
            case .noTime(let used):
                sink.warn(.boundedValue, entry.value.mark, "\(name): 0 sets no time", hint: used)
            }
            return nil
        }
        return .integer(bounded(number, key, entry))
    }

    /// What a zero is taken for.
    private enum Zero {
        /// The hint says what to write instead.
        case noLimit(String)
        /// The hint says which time is used.
        case noTime(String)
    }

    /// To Python 0 is as good as nothing, and LiteLLM asks most settings no other way. A queue of 0
    /// is closed, 0 retries, fallbacks and cooldowns are none: those are meant.
    private static let zeros: [ParameterKey: Zero] = [
        .requestsPerMinute: blocked, .tokensPerMinute: blocked, .parallelRequestsMax: blocked,
        .defaultKeyRequestsPerMinute: leaveOut, .defaultKeyTokensPerMinute: leaveOut,
        .globalParallelRequestsMax: leaveOut, .inFlightRequestsMax: leaveOut,
        .requestBytesMax: leaveOut, .responseBytesMax: leaveOut,
        .healthCheckConcurrency: leaveOut,
        .timeoutMS: next, .streamTimeoutMS: next, .requestTimeoutMS: next,
        .healthCheckTimeoutMS: .noTime("5 s are used"),
        .healthCheckIntervalMS: .noTime("300 s are used"),
        .healthCheckStalenessMS: .noTime("two intervals are used"),
    ]
    private static let blocked = Zero.noLimit(
        "leave it out; model_info.blocked: true takes a deployment out of use"
    )
    private static let leaveOut = Zero.noLimit("leave it out, or give 1 or more")
    private static let next = Zero.noTime("the next setting in line is used, in the end 600 s")

    private func bounded(_ number: Int64, _ key: ParameterKey, _ entry: YAMLEntry) -> Int64 {
        switch key {
        case .numRetries, .maxFallbacks: return retries(number, entry)
        case .cooldownMS where number > Self.cooldownMSMax:
            sink.warn(
                .boundedValue,
                entry.value.mark,
                "\(entry.key.text) is more than a day",
                hint: "a day, 86400, is used"
            )
            return Self.cooldownMSMax
        default: return number
        }
    }

    /// A count of tries, at most `retriesMax`.
    func retries(_ number: Int64, _ entry: YAMLEntry) -> Int64 {
        guard number > Self.retriesMax else { return number }
        sink.warn(
            .boundedValue,
            entry.value.mark,
            "\(entry.key.text): \(number) is more than any request has time for",
            hint: "\(Self.retriesMax) is used"
        )
        return Self.retriesMax
    }
}
