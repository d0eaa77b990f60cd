/// LiteLLM's `cost-based-routing`: the lowest price of an input and an output token together
/// (LiteLLM §5.2). Ties are broken by chance.
package struct CostBased: SelectionStrategy {
    /// It has no state and no settings.
    package init() {}

    /// Finds the cheapest of the eligible candidates; O(n).
    package func select(
        _ choice: borrowing Choice,
        using generator: inout FastGenerator
    ) -> Int32 {
        var lowest = Lowest<UInt64>()
        for index in 0..<choice.eligible.count {
            let place = choice.eligible[index]
            lowest.offer(place, choice.candidates[Int(place)].price, using: &generator)
        }
        return lowest.place
    }
}
