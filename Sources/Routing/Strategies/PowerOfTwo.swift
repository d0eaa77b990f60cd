/// Two candidates by chance, and of these the less loaded: requests in flight, this one among them,
/// times the mean latency (Mitzenmacher, 2001). It does not herd as `least-busy` does when what is
/// known is old, and a slow one gets less.
package struct PowerOfTwo: SelectionStrategy {
    /// A latency that was measured longer ago says nothing any more: one that was slow is tried
    /// again.
    package static let latencyTTLMS: UInt64 = 30_000

    /// It has no state and no settings.
    package init() {}

    /// Draws two of the eligible candidates and compares them; O(1).
    package func select(
        _ choice: borrowing Choice,
        using generator: inout FastGenerator
    ) -> Int32 {
        let count = choice.eligible.count
        if count == 1 { return choice.eligible[0] }
        let first = Int.random(in: 0..<count, using: &generator)
        var second = Int.random(in: 0..<count - 1, using: &generator)
        if second >= first { second += 1 }
        let (left, right) = (choice.eligible[first], choice.eligible[second])
        var (leftLoad, rightLoad) = (load(choice, left), load(choice, right))
        // Where one of the two was not measured, both count by what is in flight alone.
        if let leftLatency = choice.latency(left, ttlMS: Self.latencyTTLMS),
            let rightLatency = choice.latency(right, ttlMS: Self.latencyTTLMS)
        {
            leftLoad *= leftLatency
            rightLoad *= rightLatency
        }
        return leftLoad <= rightLoad ? left : right
    }

    private func load(_ choice: borrowing Choice, _ place: Int32) -> Double {
        Double(choice.inFlight(place)) + 1
    }
}
