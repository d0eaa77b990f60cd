/// Durations in LiteLLM V106's buckets (LiteLLM §8).
struct Histogram: Sendable {
    /// Upper bounds in seconds; one more bucket is for all above.
    static let bounds: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 420, 600,
    ]
    private static let boundsNS = bounds.map { UInt64($0 * 1e9) }

    /// By bucket, not cumulative.
    private(set) var counts = InlineArray<18, UInt64>(repeating: 0)
    private(set) var count: UInt64 = 0
    /// Nanoseconds.
    private(set) var sum: UInt64 = 0

    mutating func add(_ nanoseconds: UInt64) {
        var bucket = 0
        while bucket < Self.boundsNS.count, nanoseconds > Self.boundsNS[bucket] { bucket += 1 }
        counts[bucket] &+= 1
        count &+= 1
        sum &+= nanoseconds
    }

    mutating func merge(_ other: Histogram) {
        for bucket in counts.indices { counts[bucket] &+= other.counts[bucket] }
        count &+= other.count
        sum &+= other.sum
    }
}
