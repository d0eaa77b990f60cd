/// The same candidate for prompts that begin alike, so that they meet the same prefix cache:
/// rendezvous hashing (Thaler and Ravishankar, 1998) with bounded loads (Mirrokni, Thorup and
/// Zadimoghaddam, 2018).
///
/// Nearly nothing moves when a candidate comes or goes. No candidate is chosen that would then have
/// more than `loadFactor` times its share of the requests in flight, as long as another one has
/// fewer.
package struct PrefixAffinity: SelectionStrategy {
    private let loadFactor: Double

    /// - Parameter loadFactor: how far above the mean load one candidate may be; 1 or more.
    package init(loadFactor: Double) {
        self.loadFactor = loadFactor
    }

    /// Finds the best of the eligible candidates that has room; O(n). A request without a prompt
    /// goes to the least busy.
    package func select(
        _ choice: borrowing Choice,
        using generator: inout FastGenerator
    ) -> Int32 {
        guard let hash = choice.prefixHash else {
            return LeastBusy().select(choice, using: &generator)
        }
        let count = choice.eligible.count
        var total = 1.0
        for index in 0..<count { total += Double(choice.inFlight(choice.eligible[index])) }
        let most = (loadFactor * total / Double(count)).rounded(.up)
        var best: Int32?
        var bestScore: UInt64 = 0
        for index in 0..<count {
            let place = choice.eligible[index]
            guard Double(choice.inFlight(place)) + 1 <= most else { continue }
            let score = Self.score(hash, choice.candidates[Int(place)].identity)
            if best == nil || score > bestScore {
                best = place
                bestScore = score
            }
        }
        // The mean has room below it, so one at least was found.
        return best ?? choice.eligible[0]
    }

    /// A hash of prompt and candidate together; every bit depends on both (murmur3's finalizer).
    private static func score(_ prompt: UInt64, _ candidate: UInt64) -> UInt64 {
        var value = prompt ^ candidate &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ value >> 33
    }
}
