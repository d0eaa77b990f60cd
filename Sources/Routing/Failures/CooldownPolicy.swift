/// Whether a failure takes an endpoint out of choice for a while, and for how long (LiteLLM §5.4). Pure.
package struct CooldownPolicy: Hashable, Sendable {
    /// `disable_cooldowns`.
    package var isDisabled = false
    /// `cooldown_time`, in milliseconds.
    package var cooldownMS: UInt64 = CooldownPolicy.standardMS
    /// `allowed_fails`; nil for LiteLLM's rules by status.
    package var allowedFails: Int?
    /// `allowed_fails_policy`.
    package var allowedByKind: [FailureKind: Int] = [:]

    package static let standardMS: UInt64 = 5_000
    /// An upstream's `Retry-After` cools for ten minutes at most.
    package static let retryAfterMaxMS: UInt64 = 600_000
    /// LiteLLM takes an explicit 3 for unset.
    package static let allowedFailsUnset = 3

    /// LiteLLM's defaults.
    package init() {}

    /// What a deployment says differently.
    package struct Override: Hashable, Sendable {
        package var cooldownMS: UInt64?
        package var allowedFails: Int?
        package var allowedByKind: [FailureKind: Int] = [:]

        /// Nothing.
        package init() {}
    }

    /// The neighbours of an endpoint that failed.
    package struct Neighbours: Hashable, Sendable {
        /// Whether the group has other candidates.
        package var hasOthers: Bool
        /// Whether one of them could be chosen now.
        package var hasAvailable: Bool

        package init(hasOthers: Bool, hasAvailable: Bool) {
            self.hasOthers = hasOthers
            self.hasAvailable = hasAvailable
        }
    }

    /// How long the endpoint cools; nil when it does not.
    /// - Parameters:
    ///   - use: the attempts of this minute, the failed one among them.
    ///   - fails: the failures within a cooldown's time; the failed one is added here.
    package func judge(
        _ failure: AttemptFailure,
        use: MinuteUse,
        fails: inout FailureCounts,
        override: Override?,
        neighbours: Neighbours,
        at now: Moment
    ) -> UInt64? {
        let duration = duration(failure, override)
        guard !isDisabled, duration > 0 else { return nil }
        if failure.kind.cooldownSparesLast, !neighbours.hasAvailable { return nil }
        let byKind = override?.allowedByKind[failure.kind] ?? allowedByKind[failure.kind]
        let general = override?.allowedFails ?? allowedFails
        if let allowed = byKind ?? (failure.kind.canCool ? general : nil) {
            let window = override?.cooldownMS ?? cooldownMS
            let count =
                byKind == nil
                ? fails.add(nil, at: now, windowMS: window)
                : fails.add(failure.kind, at: now, windowMS: window)
            return count > allowed ? duration : nil
        }
        return coolsByStatus(failure.kind, use, neighbours, at: now) ? duration : nil
    }

    private func coolsByStatus(
        _ kind: FailureKind,
        _ use: MinuteUse,
        _ neighbours: Neighbours,
        at now: Moment
    ) -> Bool {
        switch kind {
        case .authentication, .paymentRequired, .modelNotFound: return true
        case .rateLimited: return neighbours.hasOthers
        case .timeout, .connection, .internalServer, .badGateway, .serviceUnavailable:
            guard use.minute == now.minute else { return false }
            if neighbours.hasOthers { return use.attempts >= 5 && use.failures * 2 > use.attempts }
            return use.attempts >= 1_000 && use.failures == use.attempts
        default: return false
        }
    }

    /// The deployment's own time, the upstream's wish, the table's time.
    private func duration(_ failure: AttemptFailure, _ override: Override?) -> UInt64 {
        if let own = override?.cooldownMS { return own }
        if let asked = failure.retryAfterMS { return min(asked, Self.retryAfterMaxMS) }
        return cooldownMS
    }
}

extension FailureKind {
    /// Whether failures of this kind count under a general `allowed_fails`: not the client's own.
    fileprivate var canCool: Bool {
        switch self {
        case .badRequest, .contextWindow, .contentPolicy, .forbidden, .pathNotFound, .conflict,
            .notImplemented:
            false
        default: true
        }
    }

    /// Whether it never takes out the last candidate that could be chosen: one mistake in a client's
    /// request or one wrong key must not take a model from everybody.
    fileprivate var cooldownSparesLast: Bool {
        switch self {
        case .authentication, .paymentRequired, .modelNotFound: true
        default: false
        }
    }
}

/// Failures within one cooldown's time, for `allowed_fails`.
package struct FailureCounts: Hashable, Sendable {
    private var ends: UInt64 = 0
    private var total = 0
    private var byKind: [FailureKind: Int] = [:]

    /// None.
    package init() {}

    /// Counts a failure, of a kind that has a count of its own or of any.
    /// - Returns: how many there are now.
    package mutating func add(_ kind: FailureKind?, at now: Moment, windowMS: UInt64) -> Int {
        if ends <= now.nanoseconds {
            self = FailureCounts()
            ends = now.adding(milliseconds: windowMS)
        }
        guard let kind else {
            total += 1
            return total
        }
        byKind[kind, default: 0] += 1
        return byKind[kind, default: 0]
    }
}
