/// LiteLLM's `least-busy`: the fewest requests in flight (LiteLLM §5.2), those of the other sidecars
/// included where the fleet tells of them. Ties are broken by chance.
///
/// What the fleet told is old by up to a second or two. If all went by it alone, all would send what
/// they have to the one that was least busy then. So each candidate's count gets a share by chance
/// of what the others are expected to begin meanwhile: then the fleet as a whole fills up the lower
/// ones to one level, nearly as if it had poured (Dahlin, "Interpreting Stale Load Information",
/// 2000).
package struct LeastBusy: SelectionStrategy {
    /// It has no state and no settings.
    package init() {}

    /// Finds the least busy of the eligible candidates; O(n).
    package func select(
        _ choice: borrowing Choice,
        using generator: inout FastGenerator
    ) -> Int32 {
        var lowest = Lowest<Int64>()
        for index in 0..<choice.eligible.count {
            let place = choice.eligible[index]
            lowest.offer(place, load(choice, place, using: &generator), using: &generator)
        }
        return lowest.place
    }

    /// In 65,536ths of a request.
    private func load(
        _ choice: borrowing Choice,
        _ place: Int32,
        using generator: inout FastGenerator
    ) -> Int64 {
        let own = Int64(choice.inFlight(place)) << 16
        guard let others = choice.others(place) else { return own }
        let chance = others.begun > 0 ? generator.below(UInt64(others.begun) << 16) : 0
        return own + Int64(others.inFlight) << 16 + Int64(chance)
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
