/// LiteLLM's `simple-shuffle`: chance in proportion to weight (LiteLLM §5.2).
///
/// A candidate of weight 0 is never chosen, unless all that are eligible have it; then each has
/// the same chance.
package struct SimpleShuffle: SelectionStrategy {
    /// It has no state and no settings.
    package init() {}

    /// Draws one of the eligible candidates; O(n).
    package func select(
        _ choice: borrowing Choice,
        using generator: inout FastGenerator
    ) -> Int32 {
        let count = choice.eligible.count
        if count == 1 { return choice.eligible[0] }
        var total: UInt64 = 0
        for index in 0..<count {
            total += choice.candidates[Int(choice.eligible[index])].weight
        }
        guard total > 0 else {
            return choice.eligible[Int.random(in: 0..<count, using: &generator)]
        }
        var rest = UInt64.random(in: 0..<total, using: &generator)
        for index in 0..<count {
            let place = choice.eligible[index]
            let weight = choice.candidates[Int(place)].weight
            if rest < weight { return place }
            rest -= weight
        }
        return choice.eligible[count - 1]
    }
}
