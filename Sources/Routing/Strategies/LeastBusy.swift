/// LiteLLM's `least-busy`: the fewest requests in flight (LiteLLM §5.2). Ties are broken by chance.
package struct LeastBusy: SelectionStrategy {
    /// It has no state and no settings.
    package init() {}

    /// Finds the least busy of the eligible candidates; O(n).
    package func select(
        _ choice: borrowing Choice,
        using generator: inout FastGenerator
    ) -> Int32 {
        var lowest = Lowest<Int32>()
        for index in 0..<choice.eligible.count {
            let place = choice.eligible[index]
            lowest.offer(place, choice.inFlight(place), using: &generator)
        }
        return lowest.place
    }
}

/// The place of the lowest value offered; among equal ones each has the same chance.
struct Lowest<Value: Comparable> {
    private(set) var place: Int32 = 0
    private var value: Value?
    private var equals: UInt64 = 0

    mutating func offer(_ place: Int32, _ value: Value, using generator: inout FastGenerator) {
        guard let best = self.value, !(value < best) else {
            self.place = place
            self.value = value
            equals = 1
            return
        }
        guard value == best else { return }
        equals += 1
        // Keeping the k-th equal one with a chance of 1/k gives all of them the same.
        if generator.isOne(of: equals) { self.place = place }
    }
}
