/// The last few latencies of an endpoint and their mean (LiteLLM §5.2, `latency-based-routing`).
package struct LatencyWindow: Sendable {
    /// Seconds, the oldest first.
    private var samples: [Double] = []
    /// The mean in seconds however old; nil when nothing was measured.
    package private(set) var latest: Double?
    /// When the last sample came, on the monotonic clock.
    private var updatedAt: UInt64 = 0
    /// Whether one of the samples stands for a request that got no answer in time.
    package private(set) var hasTimeout = false

    /// What LiteLLM takes for the latency of a request that got no answer in time.
    package static let timeoutSeconds = 1_000.0

    /// Nothing measured.
    package init() {}

    /// The mean in seconds; nil when nothing was measured, or not for `ttlMS`.
    package func mean(at now: Moment, ttlMS: UInt64) -> Double? {
        guard let latest else { return nil }
        return ageMS(at: now) > ttlMS ? nil : latest
    }

    /// Milliseconds since the last sample.
    package func ageMS(at now: Moment) -> UInt64 {
        now.nanoseconds > updatedAt ? (now.nanoseconds - updatedAt) / 1_000_000 : 0
    }

    /// Adds a sample in place of the oldest of `countMax`; what was measured before a gap of more
    /// than `ttlMS` is forgotten.
    package mutating func add(seconds: Double, at now: Moment, countMax: Int, ttlMS: UInt64) {
        if mean(at: now, ttlMS: ttlMS) == nil {
            samples.removeAll(keepingCapacity: true)
            samples.reserveCapacity(countMax)
        }
        // More than one goes when a reload has made the window smaller.
        let tooMany = samples.count - max(1, countMax) + 1
        if tooMany > 0 { samples.removeFirst(tooMany) }
        samples.append(seconds)
        latest = samples.reduce(0, +) / Double(samples.count)
        hasTimeout = samples.contains { $0 >= Self.timeoutSeconds }
        updatedAt = now.nanoseconds
    }

    /// What another process measured.
    package init(mean seconds: Double, hasTimeout: Bool, at then: Moment) {
        add(seconds: seconds, at: then, countMax: 1, ttlMS: 0)
        self.hasTimeout = hasTimeout
    }
}
