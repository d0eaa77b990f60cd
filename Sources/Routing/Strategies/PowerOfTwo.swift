/// Two candidates by chance, and of these the less loaded: requests in flight, this one among them, times
/// the mean latency (Mitzenmacher, 2001). It does not herd as `least-busy` does when what is known is
/// old, and a slow one gets less.
package struct PowerOfTwo: SelectionStrategy {
    private static let ttlMS: UInt64 = 3_600_000

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
        return load(choice, left, against: right) <= load(choice, right, against: left)
            ? left : right
    }

    /// Where one of the two was not measured, both count by what is in flight alone.
    private func load(_ choice: borrowing Choice, _ place: Int32, against other: Int32) -> Double {
        let inFlight = Double(choice.inFlight(place)) + 1
        guard let own = latency(choice, place), latency(choice, other) != nil else {
            return inFlight
        }
        return inFlight * own
    }

    private func latency(_ choice: borrowing Choice, _ place: Int32) -> Double? {
        choice.states[Int(choice.candidates[Int(place)].slot)].latency(
            isStream: choice.request.isStream,
            at: choice.now,
            ttlMS: Self.ttlMS
        )
    }
}
