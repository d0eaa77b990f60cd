/// Limits within one process. A value without a clock: the sidecar keeps one behind a lock.
package struct LocalLimiter: Sendable {
    /// What one subject has used.
    fileprivate struct Use: Sendable {
        var requests = SlidingWindow()
        var tokens = SlidingWindow()
        var places: Int64 = 0
        /// When it was last looked at, in steps.
        var step: Int64 = 0
    }

    private var numbers: [LimitSubject: Int] = [:]
    private var uses: [Use] = []
    private var sweptAt: Int64 = 0

    /// With nothing used.
    package init() {}

    /// How many subjects are remembered.
    package var count: Int { numbers.count }

    // MARK: - Deciding

    /// Grants a wish and takes what it asks for, or takes nothing.
    ///
    /// - Parameters:
    ///   - nowMS: of a clock that does not run backwards, in milliseconds.
    ///   - divisor: how many share each limit; this one's share is never less than 1.
    package mutating func decide(
        _ wish: LimitWish,
        nowMS: Int64,
        divisor: Int64 = 1
    ) -> LimitDecision {
        sweep(nowMS)
        var refusal = refusal(wish.rules, wish.tokens, nowMS, divisor)
        var candidate: Int?
        if !wish.candidates.isEmpty {
            var soonest: LimitRefusal?
            for place in wish.candidates.indices {
                let own = self.refusal(wish.candidates[place], wish.tokens, nowMS, divisor)
                guard let own else {
                    candidate = place
                    break
                }
                if own.retryAfterMS < soonest?.retryAfterMS ?? .max { soonest = own }
            }
            if candidate == nil { refusal = refusal?.delayed(by: soonest) ?? soonest }
        }
        if let refusal { return .refused(refusal) }
        return .granted(take(wish, candidate: candidate, nowMS: nowMS, divisor: divisor))
    }

    /// Takes what a wish asks for, whether there is room or not: somebody else has granted it.
    package mutating func take(
        _ wish: LimitWish,
        candidate: Int?,
        nowMS: Int64,
        divisor: Int64 = 1
    ) -> LimitReceipt {
        let rules = candidate.map { wish.rules + wish.candidates[$0] } ?? wish.rules
        return LimitReceipt(
            step: SlidingWindow.step(nowMS),
            candidate: candidate,
            tokens: wish.tokens,
            charges: rules.map { charge($0, wish.tokens, nowMS, divisor) }
        )
    }

    /// Why rules have no room: the one that takes longest; nil when all have.
    private mutating func refusal(
        _ rules: [LimitRule],
        _ tokens: TokenEstimate,
        _ nowMS: Int64,
        _ divisor: Int64
    ) -> LimitRefusal? {
        var worst: LimitRefusal?
        for rule in rules {
            let number = number(of: rule.subject, nowMS)
            for kind in rule.kinds {
                guard let limit = rule.share(kind, divisor) else { continue }
                let wait = uses[number].wait(kind, limit, tokens, nowMS)
                guard wait > worst?.retryAfterMS ?? 0 else { continue }
                worst = LimitRefusal(
                    subject: rule.subject,
                    kind: kind,
                    limit: limit,
                    remaining: uses[number].left(kind, limit),
                    retryAfterMS: wait
                )
            }
        }
        return worst
    }

    private mutating func charge(
        _ rule: LimitRule,
        _ tokens: TokenEstimate,
        _ nowMS: Int64,
        _ divisor: Int64
    ) -> LimitCharge {
        let number = number(of: rule.subject, nowMS)
        var charge = LimitCharge(rule)
        if let limit = rule.share(.requests, divisor) {
            uses[number].requests.add(1)
            charge.requestsLeft = uses[number].left(.requests, limit)
        }
        if let limit = rule.share(.tokens, divisor) {
            charge.tokens = tokens.reservation(limit: limit)
            uses[number].tokens.add(charge.tokens)
            charge.tokensLeft = uses[number].left(.tokens, limit)
        }
        if let limit = rule.share(.parallelRequests, divisor) {
            uses[number].places += 1
            charge.placesLeft = uses[number].left(.parallelRequests, limit)
        }
        return charge
    }

    // MARK: - Settling

    /// Settles what was taken for a request that has ended.
    package mutating func settle(
        _ receipt: LimitReceipt,
        _ outcome: LimitOutcome,
        nowMS: Int64
    ) {
        for charge in receipt.charges {
            let rule = charge.rule
            let number = number(of: rule.subject, nowMS)
            if rule.parallelRequests != nil { uses[number].places -= 1 }
            if rule.requests != nil, outcome == .unused {
                uses[number].requests.settle(receipt.step, by: -1)
            }
            let difference = receipt.tokenDifference(charge, outcome)
            if rule.tokens != nil, difference != 0 {
                uses[number].tokens.settle(receipt.step, by: difference)
            }
        }
    }

    // MARK: - Subjects

    /// The number of a subject, whose windows are at `nowMS` afterwards.
    private mutating func number(of subject: LimitSubject, _ nowMS: Int64) -> Int {
        let number: Int
        if let known = numbers[subject] {
            number = known
        } else {
            number = uses.count
            numbers[subject] = number
            uses.append(Use())
        }
        let step = SlidingWindow.step(nowMS)
        if step != uses[number].step {
            uses[number].requests.advance(to: step)
            uses[number].tokens.advance(to: step)
            uses[number].step = step
        }
        return number
    }

    /// Subjects change with tables; those that were not heard of for a window are forgotten, and
    /// looked for once a window.
    private mutating func sweep(_ nowMS: Int64) {
        let step = SlidingWindow.step(nowMS)
        guard step - sweptAt > SlidingWindow.steps else { return }
        sweptAt = step
        var kept: [LimitSubject: Int] = [:]
        var keptUses: [Use] = []
        for (subject, number) in numbers {
            let use = uses[number]
            guard use.places > 0 || step - use.step < SlidingWindow.steps else { continue }
            kept[subject] = keptUses.count
            keptUses.append(use)
        }
        numbers = kept
        uses = keptUses
    }
}

extension LocalLimiter.Use {
    /// Milliseconds until there is room; 0 when there is.
    fileprivate func wait(
        _ kind: LimitKind,
        _ limit: Int64,
        _ estimate: TokenEstimate,
        _ nowMS: Int64
    ) -> Int64 {
        switch kind {
        case .requests: requests.wait(for: 1, limit: limit, nowMS: nowMS)
        case .tokens:
            tokens.wait(for: estimate.reservation(limit: limit), limit: limit, nowMS: nowMS)
        case .parallelRequests: places < limit ? 0 : LimitRefusal.placeMS
        }
    }

    fileprivate func left(_ kind: LimitKind, _ limit: Int64) -> Int64 {
        switch kind {
        case .requests: max(0, limit - requests.used)
        case .tokens: max(0, limit - tokens.used)
        case .parallelRequests: max(0, limit - places)
        }
    }
}

extension LimitRule {
    /// What one of several has of a limit.
    fileprivate func share(_ kind: LimitKind, _ divisor: Int64) -> Int64? {
        guard let limit = limit(kind) else { return nil }
        return divisor > 1 ? max(1, limit / divisor) : limit
    }
}
