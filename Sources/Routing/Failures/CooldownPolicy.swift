/// Whether a failure takes an endpoint out of choice for a while, and for how long (LiteLLM §5.4).
/// Pure.
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
    ///   - wasProbe: whether this was the one request that tried whether the endpoint is back.
    package func judge(
        _ failure: AttemptFailure,
        use: MinuteUse.Counts,
        fails: inout FailureCounts,
        override: Override?,
        neighbours: Neighbours,
        wasProbe: Bool,
        at now: Moment
    ) -> UInt64? {
        let duration = duration(failure, override)
        guard !isDisabled, duration > 0 else { return nil }
        let rule = failure.kind.cooldownRule
        // These hold whatever is allowed: nothing that one client can do takes a model from all
        // others.
        switch rule {
        case .unlessLast where !neighbours.hasAvailable, .unlessLone where !neighbours.hasOthers:
            return nil
        case .byShare where !neighbours.hasOthers:
            return wasProbe || use.haveOnlyFailed ? duration : nil
        default: break
        }
        if wasProbe, rule != .never { return duration }
        if let isOver = countAgainstAllowed(failure.kind, rule, &fails, override, at: now) {
            return isOver ? duration : nil
        }
        switch rule {
        case .never: return nil
        case .unlessLast, .unlessLone: return duration
        case .byShare: return use.haveMostlyFailed ? duration : nil
        }
    }

    /// Counts a failure where `allowed_fails` says how many there may be, and whether there were
    /// more now; nil where it says nothing.
    private func countAgainstAllowed(
        _ kind: FailureKind,
        _ rule: FailureKind.CooldownRule,
        _ fails: inout FailureCounts,
        _ override: Override?,
        at now: Moment
    ) -> Bool? {
        let windowMS = override?.cooldownMS ?? cooldownMS
        if let allowed = override?.allowedByKind[kind] ?? allowedByKind[kind] {
            return fails.add(kind, at: now, windowMS: windowMS) > allowed
        }
        guard rule != .never, let allowed = override?.allowedFails ?? allowedFails else {
            return nil
        }
        return fails.add(nil, at: now, windowMS: windowMS) > allowed
    }

    /// The deployment's own time, the upstream's wish, the table's time.
    private func duration(_ failure: AttemptFailure, _ override: Override?) -> UInt64 {
        if let own = override?.cooldownMS { return own }
        if let asked = failure.retryAfterMS { return min(asked, Self.retryAfterMaxMS) }
        return cooldownMS
    }
}

extension FailureKind {
    /// When failures of a kind cool an endpoint, where nothing else was configured.
    enum CooldownRule {
        /// The client's own, or nothing that time heals.
        case never
        /// At once, but never the last candidate that could be chosen.
        case unlessLast
        /// At once, but never the only candidate of a group.
        case unlessLone
        /// When most attempts of the minute failed.
        case byShare
    }

    var cooldownRule: CooldownRule {
        switch self {
        case .badRequest, .contextWindow, .contentPolicy, .forbidden, .pathNotFound, .conflict,
            .notImplemented:
            .never
        case .authentication, .paymentRequired, .modelNotFound: .unlessLast
        case .rateLimited: .unlessLone
        case .timeout, .connection, .internalServer, .badGateway, .serviceUnavailable: .byShare
        }
    }
}

extension MinuteUse.Counts {
    /// More than half of at least 5 attempts.
    fileprivate var haveMostlyFailed: Bool { attempts >= 5 && failures * 2 > attempts }

    /// All of at least 1,000 attempts: what takes out even the only candidate of a group.
    fileprivate var haveOnlyFailed: Bool { attempts >= 1_000 && failures == attempts }
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
