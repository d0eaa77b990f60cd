/// Requests in flight and latencies.
extension FleetCall {
    /// How long what a sidecar says of its requests holds, unless it says it again, in
    /// milliseconds.
    package static let loadHoldMS: Int64 = 5_000
    /// How long a mean may hold, in milliseconds: a day.
    package static let latencyHoldMSMax: Int64 = 86_400_000

    /// Says what a sidecar has in flight, and asks what all have.
    /// - Parameter says: counts above 0.
    package static func load(
        _ instance: String,
        says: [(name: String, count: Int32)],
        asks names: [String],
        _ keys: FleetKeys
    ) -> FleetCall {
        let lines = says.map { "\($0.count) \($0.name)\n" }.joined()
        return FleetCall(
            .load,
            keys: [keys.load, keys.loadSaid, keys.loadLive],
            [.text(instance), .number(loadHoldMS), .text(lines)] + names.map { .text($0) }
        )
    }

    /// Says what a sidecar has measured, and asks what the fleet has.
    package static func latency(
        says: [LatencyWords],
        asks names: [String],
        _ keys: FleetKeys
    ) -> FleetCall {
        var call = FleetCall(
            .latency,
            keys: [keys.latency, keys.latencyEnds],
            [.number(Int64(says.count))]
        )
        for words in says {
            call.arguments += [
                .text(words.name), .number(min(max(1, words.holdMS), latencyHoldMSMax)),
                .number(Int64(max(1, words.samplesMax))), .number(words.nanoseconds),
                .number(Int64(max(1, words.count))),
            ]
        }
        call.arguments += names.map { .text($0) }
        return call
    }

    /// What is known of each name that was asked for; nil for an answer of another shape.
    /// - Parameter count: how many were asked for.
    package static func values(_ answer: [FleetWord], count: Int) -> [Int64?]? {
        guard answer.count.isMultiple(of: 2) else { return nil }
        var values = [Int64?](repeating: nil, count: count)
        for at in stride(from: 0, to: answer.count, by: 2) {
            guard let place = answer[at].number, 1...Int64(max(1, count)) ~= place, count > 0,
                let value = answer[at + 1].number, value >= 0
            else { return nil }
            values[Int(place) - 1] = value
        }
        return values
    }
}

/// New samples of one latency.
package struct LatencyWords: Hashable, Sendable {
    package let name: String
    /// How long a mean holds to which nobody adds, in milliseconds.
    package let holdMS: Int64
    /// Of how many samples the mean is.
    package let samplesMax: Int
    /// Their sum.
    package let nanoseconds: Int64
    /// How many they are; above 0.
    package let count: Int32

    package init(
        name: String,
        holdMS: Int64,
        samplesMax: Int,
        seconds: Double,
        count: Int32
    ) {
        self.name = name
        self.holdMS = holdMS
        self.samplesMax = samplesMax
        // Within what Lua's numbers hold exactly.
        nanoseconds = Int64(min(max(0, seconds * 1e9), 9e15))
        self.count = count
    }
}
