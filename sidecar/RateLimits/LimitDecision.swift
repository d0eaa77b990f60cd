/// What a request asks of all that limit it, at once.
package struct LimitWish: Sendable {
    /// All of these must have room.
    package var rules: [LimitRule]
    /// The limits of deployments that may serve it, the preferred one first: one of them must have
    /// room, and the first that has is taken from. Empty where deployments do not matter.
    package var candidates: [[LimitRule]]
    package var tokens: TokenEstimate

    package init(
        rules: [LimitRule],
        candidates: [[LimitRule]] = [],
        tokens: TokenEstimate = TokenEstimate()
    ) {
        self.rules = rules
        self.candidates = candidates
        self.tokens = tokens
    }
}

/// What came of a wish. All of it is granted or nothing is taken.
package enum LimitDecision: Hashable, Sendable {
    case granted(LimitReceipt)
    case refused(LimitRefusal)
}

/// What was taken for a request, to be settled when it has ended.
package struct LimitReceipt: Hashable, Sendable {
    /// When, in steps of `SlidingWindow`.
    package let step: Int64
    /// The place in the wish's candidates; nil when it had none.
    package let candidate: Int?
    package let tokens: TokenEstimate
    /// Of the wish's rules in their order, then of the candidate's.
    package var charges: [LimitCharge]

    package init(step: Int64, candidate: Int?, tokens: TokenEstimate, charges: [LimitCharge]) {
        self.step = step
        self.candidate = candidate
        self.tokens = tokens
        self.charges = charges
    }
}

/// What was taken by one rule: a request, tokens, a place, where the rule limits them.
package struct LimitCharge: Hashable, Sendable {
    package let rule: LimitRule
    /// At which step, where that is not the receipt's.
    package var step: Int64?
    /// Tokens that were reserved.
    package var tokens: Int64 = 0
    /// What was left after this request, by kind; nil where there is no limit.
    package var requestsLeft: Int64?
    package var tokensLeft: Int64?
    package var placesLeft: Int64?

    package init(_ rule: LimitRule) {
        self.rule = rule
    }

    /// What was left of one kind.
    package func left(_ kind: LimitKind) -> Int64? {
        switch kind {
        case .requests: requestsLeft
        case .tokens: tokensLeft
        case .parallelRequests: placesLeft
        }
    }
}

/// Why a request may not go out now.
package struct LimitRefusal: Error, Hashable, Sendable {
    package let subject: LimitSubject
    package let kind: LimitKind
    package let limit: Int64
    /// What is left; 0 or more, and too little.
    package let remaining: Int64
    /// When the same wish would be granted if nothing else came. For places, of which nobody knows,
    /// it is `LimitRefusal.placeMS`.
    package var retryAfterMS: Int64
    /// Whether it was the deployments that had no room, and not the caller.
    package var isCandidates: Bool { subject.scope == .deployment }

    /// When it is worth asking for a place again, in milliseconds.
    package static let placeMS: Int64 = 1_000

    package init(
        subject: LimitSubject,
        kind: LimitKind,
        limit: Int64,
        remaining: Int64,
        retryAfterMS: Int64
    ) {
        self.subject = subject
        self.kind = kind
        self.limit = limit
        self.remaining = remaining
        self.retryAfterMS = retryAfterMS
    }

    /// The same, where something else has no room either.
    package func delayed(by other: LimitRefusal?) -> LimitRefusal {
        var later = self
        later.retryAfterMS = max(retryAfterMS, other?.retryAfterMS ?? 0)
        return later
    }
}

/// How a request ended, as far as limits are concerned.
package enum LimitOutcome: Hashable, Sendable {
    /// With an answer that says its usage.
    case used(TokenCount)
    /// Nobody knows what it used: the estimate stays.
    case unknown
    /// With an error: it used no tokens.
    case failed
    /// It did not go out at all.
    case unused
}

extension LimitReceipt {
    /// By how much what was reserved by a charge is to be corrected.
    package func tokenDifference(_ charge: LimitCharge, _ outcome: LimitOutcome) -> Int64 {
        switch outcome {
        case .used(let used): tokens.counted(used) - charge.tokens
        case .unknown: 0
        case .failed, .unused: -charge.tokens
        }
    }
}
