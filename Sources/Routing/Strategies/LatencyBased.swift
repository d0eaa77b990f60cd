/// LiteLLM's `latency-based-routing`: chance among those whose mean latency is within a buffer of
/// the lowest (LiteLLM §5.2): time to the first token for streams, time per output token otherwise;
/// the fleet's mean where it tells one, else this process' own. Those that were not measured count
/// as 0, so they are tried first.
package struct LatencyBased: SelectionStrategy {
    private let buffer: Double
    private let ttlMS: UInt64

    /// - Parameters:
    ///   - buffer: `lowest_latency_buffer`, a share of the lowest latency.
    ///   - ttlMS: how long a measured latency counts.
    package init(buffer: Double, ttlMS: UInt64) {
        self.buffer = buffer
        self.ttlMS = ttlMS
    }

    /// Draws one of the quick ones among the eligible candidates; two passes, O(n).
    package func select(
        _ choice: borrowing Choice,
        using generator: inout FastGenerator
    ) -> Int32 {
        var lowest = Double.infinity
        for index in 0..<choice.eligible.count {
            lowest = min(lowest, latency(choice, choice.eligible[index]))
        }
        let limit = lowest * (1 + buffer)
        var chosen = choice.eligible[0]
        var count: UInt64 = 0
        for index in 0..<choice.eligible.count {
            let place = choice.eligible[index]
            guard latency(choice, place) <= limit else { continue }
            count += 1
            // Keeping the k-th with a chance of 1/k gives all of them the same.
            if generator.isOne(of: count) { chosen = place }
        }
        return chosen
    }

    private func latency(_ choice: borrowing Choice, _ place: Int32) -> Double {
        choice.fleetLatency(place, ttlMS: ttlMS) ?? 0
    }
}
