/// Whether and when a failed attempt is tried again in its group (LiteLLM §5.5). Pure.
package struct RetryPolicy: Hashable, Sendable {
    /// `retry_policy`, or the group's own: counts by kind.
    package var counts: [FailureKind: Int] = [:]
    /// `router_settings.num_retries`, `litellm_settings.num_retries`, else LiteLLM's 2.
    package var count = RetryPolicy.standardCount
    /// `retry_after`: the least wait before another try, in milliseconds.
    package var waitMinMS: UInt64 = 0

    package static let standardCount = 2
    /// An upstream's `Retry-After` is honoured up to this many milliseconds.
    package static let retryAfterMaxMS: UInt64 = 60_000
    /// The first wait, which doubles this often: from 0.5 s to 8 s.
    package static let waitFirstMS: UInt64 = 500
    package static let doublingsMax = 4
    /// So many candidates without a connection are passed over at no cost: where more are dead, one
    /// request must not knock at thousands of doors.
    package static let passedOverMax = 32
    /// What chance adds to a wait at most.
    package static let jitterMaxMS: UInt64 = 750

    /// LiteLLM's defaults.
    package init() {}

    /// What is known when an attempt has failed.
    package struct Situation: Hashable, Sendable {
        /// Retries of this request in this group so far.
        package var retries = 0
        /// Candidates without a connection that were passed over so far, at no cost.
        package var passedOver = 0
        /// Waits before retries so far, which make the next one longer.
        package var waits = 0
        /// What the request asked for.
        package var requested: Int?
        /// What the deployment that failed says.
        package var deployment: Int?
        /// Whether the group has a candidate that could be tried now and was not yet.
        package var hasUntried = false
        /// Whether the group has another candidate at all.
        package var hasOther = false
        /// Whether another group stands by.
        package var hasFallback = false
        /// Milliseconds until the request's deadline.
        package var leftMS: UInt64 = .max

        /// Nothing tried yet, nothing else to try.
        package init() {}
    }

    /// What comes next in the group.
    package enum Decision: Hashable, Sendable {
        /// Once more, after this wait.
        /// - Parameter costs: whether it counts as one of `Situation.retries`. What a retry takes
        ///   from the budget is another matter: nothing when the failed attempt sent nothing.
        case again(afterMS: UInt64, costs: Bool)
        /// The group has failed.
        case stop(Reason)
    }

    /// Why a group is not tried again.
    package enum Reason: String, Hashable, Sendable {
        case notRetryable = "not retryable"
        case countSpent = "retries spent"
        case noTime = "no time left"
        case budgetSpent = "retry budget spent"
        case fallback = "a fallback stands by"
    }

    /// Decides; whether the budget has room is for the caller to see to.
    package func decide(
        _ failure: AttemptFailure,
        _ situation: Situation,
        using generator: inout FastGenerator
    ) -> Decision {
        guard isRetryable(failure, situation) else { return .stop(.notRetryable) }
        let limit = limit(failure, situation)
        // Nothing was sent, so nothing was used up while there is another one to take it.
        let isFree =
            failure.sentNothing && situation.hasUntried
            && situation.passedOver < Self.passedOverMax
        guard isFree || situation.retries < limit else { return .stop(.countSpent) }
        if situation.hasUntried {
            return situation.leftMS > 0 ? .again(afterMS: 0, costs: !isFree) : .stop(.noTime)
        }
        // The same limit would be met again, where another model may have room.
        if failure.kind == .rateLimited, situation.hasFallback { return .stop(.fallback) }
        let wait = wait(failure, situation, using: &generator)
        return wait < situation.leftMS ? .again(afterMS: wait, costs: true) : .stop(.noTime)
    }

    private func limit(_ failure: AttemptFailure, _ situation: Situation) -> Int {
        let limit = limit(failure.kind, situation)
        let isAskedFor = situation.requested != nil || counts[failure.kind] != nil
        guard let most = failure.retriesMax, !isAskedFor else { return limit }
        return min(most, limit)
    }

    /// How often a kind of failure is retried: the request's wish, the policy, the deployment, the
    /// table.
    package func limit(_ kind: FailureKind, _ situation: Situation) -> Int {
        situation.requested ?? counts[kind] ?? situation.deployment ?? count
    }

    private func isRetryable(_ failure: AttemptFailure, _ situation: Situation) -> Bool {
        if failure.kind.isTransient { return true }
        if failure.isDeploymentsOwn, situation.hasOther { return true }
        // Whoever names a kind in a policy wants it retried.
        return (counts[failure.kind] ?? 0) > 0
    }

    /// LiteLLM's wait: what the upstream asked for, else 0.5 s doubled with each retry up to 8 s;
    /// and up to 0.75 s by chance, so that those who were refused together do not come back
    /// together.
    private func wait(
        _ failure: AttemptFailure,
        _ situation: Situation,
        using generator: inout FastGenerator
    ) -> UInt64 {
        let jitter = UInt64.random(in: 0...Self.jitterMaxMS, using: &generator)
        if let asked = failure.retryAfterMS, asked > 0, asked <= Self.retryAfterMaxMS {
            return max(asked, waitMinMS) + jitter
        }
        let doublings = min(max(0, situation.waits), Self.doublingsMax)
        return max(Self.waitFirstMS << UInt64(doublings), waitMinMS) + jitter
    }
}
