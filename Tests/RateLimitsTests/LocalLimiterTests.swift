import RateLimits
import Testing

@Suite("The limiter of one process")
struct LocalLimiterTests {
    private let key = LimitSubject(.key, "k")
    private let team = LimitSubject(.team, "t")

    private func rule(
        _ subject: LimitSubject,
        _ requests: Int64? = nil,
        tokens: Int64? = nil,
        parallel: Int64? = nil
    ) -> [LimitRule] {
        let rule = LimitRule(
            subject,
            requests: requests,
            tokens: tokens,
            parallelRequests: parallel
        )
        return rule.map { [$0] } ?? []
    }

    private func granted(_ decision: LimitDecision) throws -> LimitReceipt {
        guard case .granted(let receipt) = decision else { throw Unexpected(decision) }
        return receipt
    }

    private func refused(_ decision: LimitDecision) throws -> LimitRefusal {
        guard case .refused(let refusal) = decision else { throw Unexpected(decision) }
        return refusal
    }

    private struct Unexpected: Error {
        let decision: LimitDecision
        init(_ decision: LimitDecision) { self.decision = decision }
    }

    @Test("grants all that limit a request or takes nothing from any")
    func allOrNothing() throws {
        var limiter = LocalLimiter()
        let both = LimitWish(rules: rule(key, 5) + rule(team, 2))
        let first = try granted(limiter.decide(both, nowMS: 1_000))
        #expect(first.charges.map(\.requestsLeft) == [4, 1])
        _ = try granted(limiter.decide(both, nowMS: 1_000))
        for _ in 0..<9 {
            let refusal = try refused(limiter.decide(both, nowMS: 2_000))
            #expect(refusal.subject == team)
            #expect(refusal.kind == .requests)
            #expect(refusal.limit == 2)
            #expect(refusal.remaining == 0)
            #expect(refusal.retryAfterMS == 61_250 - 2_000)
        }
        let own = try granted(limiter.decide(LimitWish(rules: rule(key, 5)), nowMS: 2_000))
        #expect(own.charges[0].requestsLeft == 2)
    }

    @Test("adds up to no more than it can count, however large limits and wishes are")
    func huge() throws {
        var limiter = LocalLimiter()
        let rules = rule(key, .max, tokens: .max, parallel: .max)
        let small = LimitWish(rules: rules, tokens: TokenEstimate(input: 40, output: 0))
        let large = LimitWish(rules: rules, tokens: TokenEstimate(input: 40, output: .max))
        let first = try granted(limiter.decide(large, nowMS: 1_000))
        // Another process granted these, without a look at what is used here.
        let others = (0..<20).map { _ in limiter.take(large, candidate: nil, nowMS: 1_000) }
        let used = LimitOutcome.used(TokenCount(input: 1 << 40, output: 1 << 40))
        for receipt in [first] + others { limiter.settle(receipt, used, nowMS: 1_000) }
        let last = try granted(limiter.decide(small, nowMS: 1_000))
        #expect(last.charges[0].placesLeft == LimitRule.most - 1)
        #expect(last.charges[0].tokensLeft == LimitRule.most - 21 * (1 << 41) - 40)
    }

    @Test("names the limit that takes longest")
    func longest() throws {
        var limiter = LocalLimiter()
        _ = limiter.decide(LimitWish(rules: rule(team, 1)), nowMS: 0)
        _ = limiter.decide(LimitWish(rules: rule(key, 1)), nowMS: 30_000)
        let both = LimitWish(rules: rule(team, 1) + rule(key, 1))
        let refusal = try refused(limiter.decide(both, nowMS: 40_000))
        #expect(refusal.subject == key)
        #expect(refusal.retryAfterMS == 50_250)
    }

    @Test("reserves tokens, settles them by the usage, and gives an error's back")
    func tokens() throws {
        var limiter = LocalLimiter()
        var wish = LimitWish(rules: rule(key, tokens: 100))
        wish.tokens = TokenEstimate(input: 30, output: 30)
        let first = try granted(limiter.decide(wish, nowMS: 0))
        #expect(first.charges[0].tokensLeft == 40)
        let refusal = try refused(limiter.decide(wish, nowMS: 0))
        #expect(refusal.kind == .tokens)
        #expect(refusal.remaining == 40)
        limiter.settle(first, .used(TokenCount(input: 30, output: 4)), nowMS: 10)
        let second = try granted(limiter.decide(wish, nowMS: 10))
        #expect(second.charges[0].tokensLeft == 6)
        limiter.settle(second, .failed, nowMS: 20)
        let third = try granted(limiter.decide(wish, nowMS: 20))
        limiter.settle(third, .unknown, nowMS: 30)
        _ = try refused(limiter.decide(wish, nowMS: 30))
    }

    @Test("admits a request that needs more than the whole limit when the window is empty")
    func clamps() throws {
        var limiter = LocalLimiter()
        var wish = LimitWish(rules: rule(key, tokens: 100))
        wish.tokens = TokenEstimate(input: 5_000, output: 90)
        let receipt = try granted(limiter.decide(wish, nowMS: 0))
        #expect(receipt.charges[0].tokens == 100)
        limiter.settle(receipt, .used(TokenCount(input: 5_000, output: 1)), nowMS: 5)
        wish.tokens = TokenEstimate(input: 1, output: 0)
        #expect(try refused(limiter.decide(wish, nowMS: 6)).retryAfterMS == 60_244)
    }

    @Test("counts places until they are given back, however long that takes")
    func places() throws {
        var limiter = LocalLimiter()
        let wish = LimitWish(rules: rule(key, parallel: 2))
        let first = try granted(limiter.decide(wish, nowMS: 0))
        let second = try granted(limiter.decide(wish, nowMS: 1))
        #expect(second.charges[0].placesLeft == 0)
        let refusal = try refused(limiter.decide(wish, nowMS: 500_000))
        #expect(refusal.kind == .parallelRequests)
        #expect(refusal.retryAfterMS == LimitRefusal.placeMS)
        limiter.settle(first, .failed, nowMS: 500_001)
        _ = try granted(limiter.decide(wish, nowMS: 500_002))
    }

    @Test("gives back the request that did not go out")
    func unused() throws {
        var limiter = LocalLimiter()
        let wish = LimitWish(rules: rule(key, 1, parallel: 1))
        let receipt = try granted(limiter.decide(wish, nowMS: 0))
        limiter.settle(receipt, .unused, nowMS: 5)
        _ = try granted(limiter.decide(wish, nowMS: 6))
    }

    @Test("takes from the first candidate with room, and from one only")
    func candidates() throws {
        var limiter = LocalLimiter()
        let (a, b) = (LimitSubject(.deployment, "a"), LimitSubject(.deployment, "b"))
        let wish = LimitWish(rules: rule(key, 4), candidates: [rule(a, 1), rule(b, 1)])
        let first = try granted(limiter.decide(wish, nowMS: 0))
        #expect(first.candidate == 0)
        #expect(first.charges.map(\.rule.subject) == [key, a])
        #expect(try granted(limiter.decide(wish, nowMS: 1_000)).candidate == 1)
        let refusal = try refused(limiter.decide(wish, nowMS: 2_000))
        #expect(refusal.subject == a)
        #expect(refusal.isCandidates)
        #expect(refusal.retryAfterMS == 60_250 - 2_000)
        // Nothing was taken from the key.
        let free = LimitWish(rules: rule(key, 4), candidates: [rule(a, 1), []])
        #expect(try granted(limiter.decide(free, nowMS: 2_000)).charges[0].requestsLeft == 1)
    }

    @Test("blames the caller where candidates have no room either, and says the later time")
    func both() throws {
        var limiter = LocalLimiter()
        let deployment = LimitSubject(.deployment, "a")
        _ = limiter.decide(LimitWish(rules: rule(key, 1)), nowMS: 0)
        _ = limiter.decide(LimitWish(rules: rule(deployment, 1)), nowMS: 9_000)
        let wish = LimitWish(rules: rule(key, 1), candidates: [rule(deployment, 1)])
        let refusal = try refused(limiter.decide(wish, nowMS: 10_000))
        #expect(refusal.subject == key)
        #expect(refusal.retryAfterMS == 59_250)
    }

    @Test("shares a limit with others, with 1 at the least")
    func shares() throws {
        var limiter = LocalLimiter()
        let wish = LimitWish(rules: rule(key, 10))
        for _ in 0..<3 { _ = try granted(limiter.decide(wish, nowMS: 0, divisor: 3)) }
        #expect(try refused(limiter.decide(wish, nowMS: 0, divisor: 3)).limit == 3)
        let small = LimitWish(rules: rule(team, 2))
        _ = try granted(limiter.decide(small, nowMS: 0, divisor: 50))
        #expect(try refused(limiter.decide(small, nowMS: 0, divisor: 50)).limit == 1)
    }

    @Test("forgets whom it has not heard of for a window, but for those with a place")
    func forgets() throws {
        var limiter = LocalLimiter()
        let held = try granted(limiter.decide(LimitWish(rules: rule(team, parallel: 1)), nowMS: 0))
        for number in 0..<50 {
            let subject = LimitSubject(.user, "u\(number)")
            _ = limiter.decide(LimitWish(rules: rule(subject, 1)), nowMS: 0)
        }
        #expect(limiter.count == 51)
        _ = limiter.decide(LimitWish(rules: rule(key, 1)), nowMS: 130_000)
        #expect(limiter.count == 2)
        _ = try refused(limiter.decide(LimitWish(rules: rule(team, parallel: 1)), nowMS: 130_000))
        limiter.settle(held, .failed, nowMS: 130_000)
        _ = try granted(limiter.decide(LimitWish(rules: rule(team, parallel: 1)), nowMS: 130_000))
    }
}
