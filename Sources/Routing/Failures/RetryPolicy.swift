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

    /// LiteLLM's defaults.
    package init() {}

    /// What is known when an attempt has failed.
    package struct Situation: Hashable, Sendable {
        /// Retries of this request in this group so far.
        package var retries = 0
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

    /// Decides; whether the budget has room is for the caller to see to when the retry costs.
    package func decide(
        _ failure: AttemptFailure,
        _ situation: Situation,
        using generator: inout FastGenerator
    ) -> Decision {
        if failure.sentNothing, situation.hasUntried, limit(failure.kind, situation) > 0 {
            return situation.leftMS > 0 ? .again(afterMS: 0, costs: false) : .stop(.noTime)
        }
        guard isRetryable(failure.kind, situation) else { return .stop(.notRetryable) }
        guard situation.retries < limit(failure.kind, situation) else { return .stop(.countSpent) }
        if situation.hasUntried {
            return situation.leftMS > 0 ? .again(afterMS: 0, costs: true) : .stop(.noTime)
        }
        // The same limit would be met again, where another model may have room.
        if failure.kind == .rateLimited, situation.hasFallback { return .stop(.fallback) }
        let wait = wait(failure, situation, using: &generator)
        return wait < situation.leftMS
            ? .again(afterMS: wait, costs: !failure.sentNothing) : .stop(.noTime)
    }

    /// How often a kind of failure is retried: the request's wish, the policy, the deployment, the
    /// table.
    package func limit(_ kind: FailureKind, _ situation: Situation) -> Int {
        situation.requested ?? counts[kind] ?? situation.deployment ?? count
    }

    private func isRetryable(_ kind: FailureKind, _ situation: Situation) -> Bool {
        if kind.isTransient { return true }
        if kind.isDeploymentsOwn, situation.hasOther { return true }
        // Whoever names a kind in a policy wants it retried.
        return (counts[kind] ?? 0) > 0
    }

    /// LiteLLM's wait: what the upstream asked for, else 0.5 s doubled with each retry up to 8 s, and
    /// up to 0.75 s by chance.
    private func wait(
        _ failure: AttemptFailure,
        _ situation: Situation,
        using generator: inout FastGenerator
    ) -> UInt64 {
        if let asked = failure.retryAfterMS, asked > 0, asked <= Self.retryAfterMaxMS {
            return max(asked, waitMinMS)
        }
        let doubled = UInt64(500) << UInt64(min(situation.waits, 4))
        let jitter = UInt64.random(in: 0...750, using: &generator)
        return max(min(doubled, 8_000), waitMinMS) + jitter
    }
}
