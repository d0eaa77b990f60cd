/// LiteLLM's `usage-based-routing` and `-v2`: the fewest tokens in this minute (LiteLLM §5.2).
/// Those whose `rpm` or `tpm` are spent are filtered out before. Ties are broken by chance.
package struct UsageBased: SelectionStrategy {
    /// It has no state and no settings.
    package init() {}

    /// Finds the least used of the eligible candidates; O(n).
    package func select(
        _ choice: borrowing Choice,
        using generator: inout FastGenerator
    ) -> Int32 {
        var lowest = Lowest<Int64>()
        for index in 0..<choice.eligible.count {
            let place = choice.eligible[index]
            let slot = Int(choice.candidates[Int(place)].slot)
            lowest.offer(place, choice.states[slot].use.tokens(at: choice.now), using: &generator)
        }
        return lowest.place
    }
}
