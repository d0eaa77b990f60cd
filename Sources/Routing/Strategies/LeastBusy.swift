/// LiteLLM's `least-busy`: the fewest requests in flight (LiteLLM §5.2), those of other sidecars
/// included where the fleet tells of them. Ties are broken by chance.
///
/// What the fleet told is old by a second or two. If all went by it alone, all would send what they
/// have to the one that was least busy then. So each process takes it that the others do meanwhile
/// as it does itself: what has changed here since counts as often as the others begin requests for
/// each of its own. Chance parts those that would do the same thing at the same time, and that the
/// more, the more begin meanwhile (Dahlin, "Interpreting Stale Load Information", 2000). So the
/// fleet fills the lower ones up evenly, and a process that has most of the requests goes by its
/// own count alone.
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
        let slot = Int(choice.candidates[Int(place)].slot)
        let own = Int64(choice.states[slot].inFlight)
        guard choice.states[slot].share.isFresh(at: choice.now) else { return own << 16 }
        let told = Int64(choice.states[slot].share.ownInFlight)
        let others = Int64(choice.states[slot].share.othersInFlight)
        let pace = Int64(choice.states[slot].share.othersPace * 65_536)
        var load = (own + others) << 16 + (own - told) * pace
        if pace > 0 { load += Int64(generator.below(UInt64(2 * pace))) }
        return load
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
