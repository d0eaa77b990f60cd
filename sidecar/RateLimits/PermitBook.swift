/// All permits that a sidecar's worker holds, and what it knows of the windows they are from. A
/// value without clock and I/O.
package struct PermitBook: Sendable {
    /// A window, as scripts know it.
    package struct Counter: Hashable, Sendable {
        package let subject: LimitSubject
        package let kind: LimitKind
        package let limit: Int64
    }

    /// Permits that are missing.
    package struct Shortage: Hashable, Sendable {
        package let counter: Counter
        /// So many must be had, or none are of use.
        package let need: Int64
        /// So many would do for a while.
        package let wanted: Int64
    }

    /// What the book says to a wish.
    package enum Outcome: Sendable {
        case granted(LimitReceipt)
        /// Nothing was taken.
        case short([Shortage])
        /// Redis said not long ago that there are none.
        case refused(LimitRefusal)
    }

    private struct Name: Hashable {
        let subject: LimitSubject
        let kind: LimitKind
    }

    fileprivate struct Entry: Sendable {
        let counter: Counter
        var pool = PermitPool()
        /// What Redis had left when it was asked last.
        var left: Int64 = 0
        /// Until when it has not so many more, in milliseconds.
        var emptyUntilMS: Int64 = 0
        var emptyNeed: Int64 = 0
        var toldMS: Int64 = 0
        /// What Redis was asked for and has not answered yet.
        var asked: Int64 = 0
    }

    private var entries: [Name: Entry] = [:]
    /// Who takes permits, this one included.
    package var sharers: Int64 = 1

    /// How long it is believed that there are no more, in milliseconds.
    fileprivate static let emptyMaxMS: Int64 = 250

    /// Without permits.
    package init() {}

    // MARK: - Deciding

    /// Grants a wish from permits at hand, or says what is missing. Places are not its business.
    package mutating func decide(_ wish: LimitWish, nowMS: Int64) -> Outcome {
        var missing: [Shortage] = []
        var refusal = check(wish.rules, wish.tokens, nowMS, &missing)
        if let refusal { return .refused(refusal) }
        var candidate: Int?
        var others: [Shortage] = []
        for place in wish.candidates.indices {
            var own: [Shortage] = []
            if let refused = check(wish.candidates[place], wish.tokens, nowMS, &own) {
                if refused.retryAfterMS < refusal?.retryAfterMS ?? .max { refusal = refused }
                continue
            }
            if own.isEmpty {
                candidate = place
                break
            }
            if others.isEmpty { others = own }
        }
        if !wish.candidates.isEmpty, candidate == nil {
            if others.isEmpty, let refusal { return .refused(refusal) }
            missing += others
        }
        if !missing.isEmpty { return .short(missing) }
        return .granted(take(wish, candidate, nowMS))
    }

    /// - Returns: why rules are known to have no room.
    private mutating func check(
        _ rules: [LimitRule],
        _ tokens: TokenEstimate,
        _ nowMS: Int64,
        _ missing: inout [Shortage]
    ) -> LimitRefusal? {
        for rule in rules {
            for (counter, need) in rule.windows(tokens) {
                var entry = self[counter]
                defer { self[counter] = entry }
                let available = entry.pool.available(nowMS)
                if available >= need { continue }
                if entry.isEmpty(for: need - available, nowMS) {
                    return entry.refusal(available, nowMS)
                }
                let wanted = entry.pool.wanted(
                    for: need,
                    limit: counter.limit,
                    sharers: sharers,
                    nowMS: nowMS
                )
                // Of requests that come together the first one asks for what is to be in stock.
                let missed = need - available
                missing.append(
                    Shortage(
                        counter: counter,
                        need: missed,
                        wanted: max(missed, wanted - entry.asked)
                    )
                )
            }
        }
        return nil
    }

    private mutating func take(
        _ wish: LimitWish,
        _ candidate: Int?,
        _ nowMS: Int64
    ) -> LimitReceipt {
        var step: Int64 = 0
        var charges: [LimitCharge] = []
        for rule in candidate.map({ wish.rules + wish.candidates[$0] }) ?? wish.rules {
            var charge = LimitCharge(rule)
            for (counter, need) in rule.windows(wish.tokens) {
                var entry = self[counter]
                let taken = entry.pool.take(need, nowMS: nowMS)
                let left = max(0, entry.left + entry.pool.available(nowMS))
                self[counter] = entry
                step = max(step, taken)
                charge.step = taken
                if counter.kind == .requests {
                    charge.requestsLeft = left
                } else {
                    charge.tokens = need
                    charge.tokensLeft = left
                }
            }
            charges.append(charge)
        }
        return LimitReceipt(
            step: step,
            candidate: candidate,
            tokens: wish.tokens,
            charges: charges
        )
    }

    // MARK: - What Redis says

    /// Redis is asked for these; `end` follows, whatever comes of it.
    package mutating func begin(_ shortages: [Shortage]) {
        for shortage in shortages { self[shortage.counter].asked += shortage.wanted }
    }

    /// Redis has answered about these, or will not.
    package mutating func end(_ shortages: [Shortage]) {
        for shortage in shortages {
            // One that was forgotten since, for its limit has changed, is owed nothing.
            let asked = self[shortage.counter].asked
            self[shortage.counter].asked = max(0, asked - shortage.wanted)
        }
    }

    /// Keeps what Redis says of a shortage: all that was wanted or at least what was needed, or
    /// nothing.
    /// - Parameters:
    ///   - waitMS: until there would be what was needed; 0 when there was.
    ///   - left: what remains there.
    package mutating func add(
        _ granted: Int64,
        for shortage: Shortage,
        step: Int64,
        waitMS: Int64,
        left: Int64,
        nowMS: Int64
    ) {
        var entry = self[shortage.counter]
        entry.pool.add(granted, step: step, nowMS: nowMS)
        entry.left = left
        entry.emptyUntilMS = waitMS > 0 ? nowMS + waitMS : 0
        entry.emptyNeed = shortage.need
        entry.toldMS = nowMS
        self[shortage.counter] = entry
    }

    /// What is worth asking for beside the requests, since less than half of a second's use is at
    /// hand.
    package mutating func refills(_ wish: LimitWish, nowMS: Int64) -> [Shortage] {
        var found: [Shortage] = []
        for rule in wish.rules + wish.candidates.flatMap(\.self) {
            for (counter, _) in rule.windows(wish.tokens) {
                var entry = self[counter]
                let wanted = entry.pool.wanted(
                    for: 0,
                    limit: counter.limit,
                    sharers: sharers,
                    nowMS: nowMS
                )
                self[counter] = entry
                let isEmpty = entry.isEmpty(for: wanted, nowMS)
                if wanted > entry.pool.available(nowMS), wanted > entry.asked, !isEmpty {
                    let more = wanted - entry.asked
                    found.append(Shortage(counter: counter, need: 1, wanted: more))
                }
            }
        }
        return found
    }

    /// Lets go of permits whose time is over, and of what is known of windows without any.
    package mutating func expire(_ nowMS: Int64) -> [(counter: Counter, lot: PermitPool.Lot)] {
        var over: [(counter: Counter, lot: PermitPool.Lot)] = []
        for (name, entry) in entries {
            var entry = entry
            over += entry.pool.expire(nowMS).map { (entry.counter, $0) }
            let isIdle =
                entry.pool.endsMS == nil && entry.asked == 0 && nowMS - entry.toldMS > 10_000
            entries[name] = isIdle ? nil : entry
        }
        return over
    }

    /// When `expire` is worth calling next; nil without permits.
    package var endsMS: Int64? { entries.values.compactMap(\.pool.endsMS).min() }

    /// All unused permits at a time.
    package func outstanding(_ nowMS: Int64) -> Int64 {
        entries.values.reduce(0) { $0 + $1.pool.available(nowMS) }
    }

    private subscript(counter: Counter) -> Entry {
        get {
            let name = Name(subject: counter.subject, kind: counter.kind)
            guard let known = entries[name], known.counter == counter else {
                return Entry(counter: counter)
            }
            return known
        }
        set { entries[Name(subject: counter.subject, kind: counter.kind)] = newValue }
    }
}

extension PermitBook.Entry {
    /// Whether Redis said a moment ago that it has not so many.
    fileprivate func isEmpty(for need: Int64, _ nowMS: Int64) -> Bool {
        emptyUntilMS > nowMS && need >= emptyNeed && nowMS - toldMS < PermitBook.emptyMaxMS
    }

    fileprivate func refusal(_ available: Int64, _ nowMS: Int64) -> LimitRefusal {
        LimitRefusal(
            subject: counter.subject,
            kind: counter.kind,
            limit: counter.limit,
            remaining: available + left,
            retryAfterMS: max(1, emptyUntilMS - nowMS)
        )
    }
}

extension LimitRule {
    /// Windows, and what a request takes of each.
    fileprivate func windows(
        _ estimate: TokenEstimate
    ) -> [(counter: PermitBook.Counter, need: Int64)] {
        var found: [(counter: PermitBook.Counter, need: Int64)] = []
        if let requests {
            found.append(
                (PermitBook.Counter(subject: subject, kind: .requests, limit: requests), 1)
            )
        }
        if let tokens {
            found.append(
                (
                    PermitBook.Counter(subject: subject, kind: .tokens, limit: tokens),
                    estimate.reservation(limit: tokens)
                )
            )
        }
        return found
    }
}
