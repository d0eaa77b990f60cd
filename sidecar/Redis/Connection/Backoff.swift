/// How long to wait before the next attempt to connect: twice as long each time, up to a bound,
/// half of it by chance, so that a fleet does not come back as one.
struct Backoff: Hashable, Sendable {
    /// The longest first wait, in milliseconds.
    static let firstMS: UInt64 = 50
    /// The longest wait, in milliseconds.
    static let maxMS: UInt64 = 2_000

    private var failures: UInt64 = 0

    /// Forgets the failures: the next wait is the first one again.
    mutating func reset() {
        failures = 0
    }

    /// The wait after one more failure, in milliseconds.
    mutating func next(using generator: inout some RandomNumberGenerator) -> UInt64 {
        let longest = min(Backoff.firstMS << min(failures, 16), Backoff.maxMS)
        failures += 1
        return longest / 2 + UInt64.random(in: 0...longest / 2, using: &generator)
    }
}
