/// How many sidecars share a limit: the most that Redis has said within a lease.
///
/// A Redis that has lost what it knew counts from one again until all have said that they are
/// there; whoever would believe it, and lose it again, would take a limit for its own.
package struct LiveCounts: Hashable, Sendable {
    private struct Count: Hashable {
        let value: Int
        let atMS: Int64
    }

    /// Each less than the one before.
    private var counts: [Count] = []

    package init() {}

    /// - Returns: the most that was said since a lease before now, 1 at least. It stays so for as
    ///   long as nothing more is heard.
    package mutating func add(_ value: Int, atMS: Int64) -> Int {
        counts.removeAll { $0.value <= value || $0.atMS < atMS - LimitCall.leaseMS }
        counts.append(Count(value: value, atMS: atMS))
        return max(1, counts[0].value)
    }
}
