/// The last few latencies of an endpoint and their mean (LiteLLM §5.2, `latency-based-routing`).
package struct LatencyWindow: Sendable {
    private var samples: [Double] = []
    private var next = 0
    /// Seconds; meaningless while nothing was measured.
    private var mean = 0.0
    /// When the last sample came, on the monotonic clock.
    private var updatedAt: UInt64 = 0

    /// Nothing measured.
    package init() {}

    /// The mean in seconds; nil when nothing was measured, or not for `ttlMS`.
    package func mean(at now: Moment, ttlMS: UInt64) -> Double? {
        guard !samples.isEmpty else { return nil }
        let age = now.nanoseconds > updatedAt ? now.nanoseconds - updatedAt : 0
        return age / 1_000_000 > ttlMS ? nil : mean
    }

    /// The mean in seconds however old; nil when nothing was measured.
    package var latest: Double? { samples.isEmpty ? nil : mean }

    /// Adds a sample in place of the oldest of `countMax`.
    package mutating func add(seconds: Double, at now: Moment, countMax: Int, ttlMS: UInt64) {
        if mean(at: now, ttlMS: ttlMS) == nil || samples.count > countMax {
            samples.removeAll(keepingCapacity: true)
            next = 0
        }
        if samples.count < countMax {
            samples.append(seconds)
        } else {
            samples[next] = seconds
            next = (next + 1) % countMax
        }
        mean = samples.reduce(0, +) / Double(samples.count)
        updatedAt = now.nanoseconds
    }
}
