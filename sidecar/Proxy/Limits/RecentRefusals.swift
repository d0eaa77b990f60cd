internal import EventLoop
internal import RateLimits

/// Refusals that Redis gave a moment ago: who asks again at once, and mostly they do, gets the same
/// answer without a round trip.
struct RecentRefusals {
    private struct Name: Hashable {
        let subject: LimitSubject
        let kind: LimitKind
    }

    private struct Entry {
        let refusal: LimitRefusal
        let at: Instant
        let ends: Instant
        /// Of tokens; less may have room.
        let amount: Int64
    }

    private var entries: [Name: Entry] = [:]

    /// For how long at most, in milliseconds.
    private static let ageMaxMS: Int64 = 250
    /// Keys that nobody uses any more must not stay.
    private static let countMax = 1_024

    /// Remembers a refusal for as long as it is sure to hold, within a quarter of a second.
    mutating func note(_ refusal: LimitRefusal, _ wish: LimitWish, at now: Instant) {
        if entries.count >= Self.countMax { entries.removeAll() }
        let age = UInt64(max(0, min(Self.ageMaxMS, refusal.retryAfterMS)))
        entries[Name(subject: refusal.subject, kind: refusal.kind)] = Entry(
            refusal: refusal,
            at: now,
            ends: now.advanced(milliseconds: age),
            amount: wish.tokens.reservation(limit: refusal.limit)
        )
    }

    /// Why a wish would be refused again; nil when Redis must be asked.
    func find(_ wish: LimitWish, at now: Instant) -> LimitRefusal? {
        if entries.isEmpty { return nil }
        for rule in wish.rules {
            if let refusal = find(rule, wish.tokens, at: now) { return refusal }
        }
        var soonest: LimitRefusal?
        for candidate in wish.candidates {
            var own: LimitRefusal?
            for rule in candidate where own == nil { own = find(rule, wish.tokens, at: now) }
            guard let own else { return nil }
            if own.retryAfterMS < soonest?.retryAfterMS ?? .max { soonest = own }
        }
        return soonest
    }

    private func find(
        _ rule: LimitRule,
        _ tokens: TokenEstimate,
        at now: Instant
    ) -> LimitRefusal? {
        for kind in rule.kinds {
            guard let entry = entries[Name(subject: rule.subject, kind: kind)], now < entry.ends,
                entry.refusal.limit == rule.limit(kind),
                kind != .tokens || tokens.reservation(limit: entry.refusal.limit) >= entry.amount
            else { continue }
            var refusal = entry.refusal
            let passed = Int64(now.since(entry.at) / 1_000_000)
            refusal.retryAfterMS = max(1, refusal.retryAfterMS - passed)
            return refusal
        }
        return nil
    }

    /// Something was given back: what was refused may have room.
    mutating func forget(_ receipt: LimitReceipt, _ outcome: LimitOutcome) {
        if entries.isEmpty { return }
        for charge in receipt.charges {
            for kind in charge.rule.kinds {
                let isGivenBack =
                    switch kind {
                    case .requests: outcome == .unused
                    case .tokens: receipt.tokenDifference(charge, outcome) < 0
                    case .parallelRequests: true
                    }
                guard isGivenBack else { continue }
                entries[Name(subject: charge.rule.subject, kind: kind)] = nil
            }
        }
    }
}
