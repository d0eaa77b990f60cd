internal import RouteTable

/// LiteLLM's `simple-shuffle`: chance in proportion to weight (LiteLLM §5.2).
///
/// A deployment of weight 0 is never chosen, unless all that are eligible have it; then each has
/// the same chance.
package struct SimpleShuffle: SelectionStrategy {
    /// It has no state and no settings.
    package init() {}

    /// Draws one of the eligible deployments; O(n).
    package func select(
        from candidates: Candidates,
        isAvailable: (Int) -> Bool,
        using generator: inout some RandomNumberGenerator
    ) -> Int? {
        let table = candidates.table
        let order = candidates.lowestOrder(isAvailable: isAvailable)
        func isEligible(_ index: Int) -> Bool {
            isAvailable(index) && table.order(ofDeployment: index) == order
        }
        var total: UInt64 = 0
        var count: UInt64 = 0
        for index in candidates.deployments where isEligible(index) {
            total += UInt64(table.weight(ofDeployment: index))
            count += 1
        }
        if count == 0 { return nil }
        let isUniform = total == 0
        var rest = UInt64.random(in: 0..<(isUniform ? count : total), using: &generator)
        var last: Int?
        for index in candidates.deployments where isEligible(index) {
            let weight = isUniform ? 1 : UInt64(table.weight(ofDeployment: index))
            if weight > 0 { last = index }
            if rest < weight { return index }
            rest -= weight
        }
        // Reached only when availability changed between the two passes.
        return last
    }
}
