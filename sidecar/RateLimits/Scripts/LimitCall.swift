/// One argument of a script.
package enum LimitWord: Hashable, Sendable {
    case text(String)
    case number(Int64)
}

/// A script with its keys and arguments.
package struct LimitCall: Hashable, Sendable {
    package let script: LimitScript
    package private(set) var keys: [LimitKey] = []
    package private(set) var arguments: [LimitWord] = []

    /// How long a place is leased, in milliseconds.
    package static let leaseMS: Int64 = 15_000

    private init(_ script: LimitScript) {
        self.script = script
    }

    /// Decides a wish.
    /// - Parameter member: stands for the request among those that have places.
    package static func admit(_ wish: LimitWish, _ keys: LimitKeys, member: String) -> LimitCall {
        var call = LimitCall(.admit)
        let own = count(wish.rules)
        let all = wish.candidates.reduce(own) { $0 + count($1) }
        call.reserve(all, words: 4 + wish.candidates.count + all * 3)
        call.arguments.append(.text(member))
        call.arguments.append(.number(leaseMS))
        call.arguments.append(.number(Int64(own)))
        call.arguments.append(.number(Int64(wish.candidates.count)))
        for candidate in wish.candidates {
            call.arguments.append(.number(Int64(count(candidate))))
        }
        for rule in wish.rules { call.add(rule, wish.tokens, keys) }
        for candidate in wish.candidates {
            for rule in candidate { call.add(rule, wish.tokens, keys) }
        }
        return call
    }

    private static func count(_ rules: [LimitRule]) -> Int {
        rules.reduce(0) { $0 + $1.kinds.count }
    }

    /// Makes room at once for all that will be there.
    private mutating func reserve(_ keyCount: Int, words: Int) {
        keys.reserveCapacity(keyCount)
        arguments.reserveCapacity(words)
    }

    private mutating func add(_ rule: LimitRule, _ tokens: TokenEstimate, _ keys: LimitKeys) {
        for place in rule.kinds.indices {
            let kind = rule.kinds[place]
            guard let limit = rule.limit(kind) else { continue }
            self.keys.append(keys.counter(rule, at: place))
            add(kind, limit, kind == .tokens ? tokens.reservation(limit: limit) : 1)
        }
    }

    private mutating func add(_ kind: LimitKind, _ first: Int64, _ second: Int64) {
        arguments.append(.text(kind.letter))
        arguments.append(.number(first))
        arguments.append(.number(second))
    }

    /// Settles what was granted; nil when nothing is to be corrected.
    package static func settle(
        _ receipt: LimitReceipt,
        _ outcome: LimitOutcome,
        _ keys: LimitKeys,
        member: String
    ) -> LimitCall? {
        var call = LimitCall(.settle)
        for charge in receipt.charges {
            let kinds = charge.rule.kinds
            for place in kinds.indices {
                let kind = kinds[place]
                let difference: Int64 =
                    switch kind {
                    case .requests: outcome == .unused ? -1 : 0
                    case .tokens: receipt.tokenDifference(charge, outcome)
                    case .parallelRequests: 0
                    }
                if difference == 0, kind != .parallelRequests { continue }
                if call.keys.isEmpty {
                    let most = receipt.charges.reduce(0) { $0 + $1.rule.kinds.count }
                    call.reserve(most, words: 1 + most * 3)
                    call.arguments.append(.text(member))
                }
                call.keys.append(keys.counter(charge.rule, at: place))
                call.add(kind, charge.step ?? receipt.step, difference)
            }
        }
        return call.keys.isEmpty ? nil : call
    }

    /// Renews the leases of places, by key; nil when there are none.
    package static func renew(_ places: [LimitKey: Set<String>]) -> LimitCall? {
        if places.isEmpty { return nil }
        var call = LimitCall(.renew)
        call.arguments = [.number(leaseMS)]
        for (key, members) in places {
            call.keys.append(key)
            call.arguments.append(.number(Int64(members.count)))
            call.arguments += members.map { .text($0) }
        }
        return call
    }

    /// Takes permits.
    package static func lease(_ shortages: [PermitBook.Shortage], _ keys: LimitKeys) -> LimitCall {
        var call = LimitCall(.lease)
        for shortage in shortages {
            let counter = shortage.counter
            call.keys.append(keys.counter(counter.subject, counter.kind))
            call.arguments.append(.number(counter.limit))
            call.arguments.append(.number(shortage.need))
            call.arguments.append(.number(max(shortage.need, shortage.wanted)))
        }
        return call
    }

    /// Gives back permits that nobody used; nil when there are none.
    package static func giveBack(
        _ lots: [(counter: PermitBook.Counter, lot: PermitPool.Lot)],
        _ keys: LimitKeys
    ) -> LimitCall? {
        if lots.isEmpty { return nil }
        var call = LimitCall(.settle)
        call.arguments = [.text("")]
        for (counter, lot) in lots {
            call.keys.append(keys.counter(counter.subject, counter.kind))
            call.add(.requests, lot.step, -lot.left)
        }
        return call
    }
}

extension LimitWish {
    /// What the script's answer says; nil when it is none.
    package func decision(_ answer: [Int64]) -> LimitDecision? {
        guard answer.count >= 3 else { return nil }
        if answer[0] == 1 { return granted(answer).map { .granted($0) } }
        guard answer.count == 4, let (rule, kind) = counter(Int(answer[1])),
            let limit = rule.limit(kind)
        else { return nil }
        return .refused(
            LimitRefusal(
                subject: rule.subject,
                kind: kind,
                limit: limit,
                remaining: answer[2],
                retryAfterMS: answer[3]
            )
        )
    }

    private func granted(_ answer: [Int64]) -> LimitReceipt? {
        let candidate = answer[1] > 0 ? Int(answer[1]) - 1 : nil
        if let candidate, !candidates.indices.contains(candidate) { return nil }
        if candidate == nil, !candidates.isEmpty { return nil }
        let others = candidate.map { candidates[$0] } ?? []
        var charges: [LimitCharge] = []
        charges.reserveCapacity(rules.count + others.count)
        var place = 3
        for number in 0..<(rules.count + others.count) {
            let rule = number < rules.count ? rules[number] : others[number - rules.count]
            var charge = LimitCharge(rule)
            for kind in rule.kinds {
                guard place < answer.count else { return nil }
                let amount = answer[place]
                place += 1
                switch kind {
                case .requests: charge.requestsLeft = amount
                case .tokens:
                    charge.tokensLeft = amount
                    charge.tokens = tokens.reservation(limit: rule.tokens ?? 0)
                case .parallelRequests: charge.placesLeft = amount
                }
            }
            charges.append(charge)
        }
        return LimitReceipt(
            step: answer[2],
            candidate: candidate,
            tokens: tokens,
            charges: charges
        )
    }

    /// By its number in the script's order, from 1.
    private func counter(_ number: Int) -> (LimitRule, LimitKind)? {
        var left = number
        for rule in rules + candidates.flatMap(\.self) {
            let kinds = rule.kinds
            if left <= kinds.count { return left > 0 ? (rule, kinds[left - 1]) : nil }
            left -= kinds.count
        }
        return nil
    }
}

extension LimitKind {
    /// What the scripts call a window and places.
    fileprivate var letter: String { self == .parallelRequests ? "p" : "w" }
}
