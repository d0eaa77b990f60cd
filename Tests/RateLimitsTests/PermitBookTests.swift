import RateLimits
import Testing

@Suite("Permits taken in advance")
struct PermitBookTests {
    private let key = LimitSubject(.key, "k")

    private func wish(_ requests: Int64, tokens: Int64? = nil, each: Int64 = 0) -> LimitWish {
        let rule = LimitRule(key, requests: requests, tokens: tokens)
        return LimitWish(
            rules: rule.map { [$0] } ?? [],
            tokens: TokenEstimate(input: each)
        )
    }

    @Test("are asked for when they are missing, and used without asking while there are some")
    func uses() {
        var book = PermitBook()
        guard case .short(let first) = book.decide(wish(100), nowMS: 5_000) else {
            Issue.record("not short")
            return
        }
        #expect(first.map(\.need) == [1])
        book.add(3, for: first[0], step: 20, waitMS: 0, left: 97, nowMS: 5_000)
        for left in [99, 98, 97] as [Int64] {
            guard case .granted(let receipt) = book.decide(wish(100), nowMS: 5_400) else {
                Issue.record("not granted")
                return
            }
            #expect(receipt.step == 20)
            #expect(receipt.charges[0].requestsLeft == left)
        }
        guard case .short(let second) = book.decide(wish(100), nowMS: 5_400) else {
            Issue.record("not short")
            return
        }
        // As many as were used in this second.
        #expect(second.map(\.wanted) == [3])
    }

    @Test("are no more than a share of a quarter of the limit, but for what a request needs")
    func share() {
        var pool = PermitPool()
        pool.add(500, step: 1, nowMS: 0)
        _ = pool.take(500, nowMS: 10)
        #expect(pool.wanted(for: 1, limit: 400, sharers: 1, nowMS: 20) == 100)
        #expect(pool.wanted(for: 1, limit: 400, sharers: 5, nowMS: 20) == 20)
        #expect(pool.wanted(for: 70, limit: 400, sharers: 5, nowMS: 20) == 70)
        #expect(pool.wanted(for: 1, limit: 400, sharers: 500, nowMS: 20) == 1)
        // What was used two seconds ago says nothing.
        #expect(pool.wanted(for: 1, limit: 400, sharers: 1, nowMS: 2_500) == 1)
    }

    @Test("are asked for once by requests that come together, but for what each needs")
    func herd() {
        var book = PermitBook()
        var window = SlidingWindow()
        func ask(_ now: Int64) -> [PermitBook.Shortage] {
            guard case .short(let missing) = book.decide(wish(400), nowMS: now) else { return [] }
            book.begin(missing)
            return missing
        }
        func answer(_ missing: [PermitBook.Shortage], _ now: Int64) {
            book.end(missing)
            for shortage in missing { fill(&book, shortage, &window, now) }
        }
        for place in 0..<100 as Range<Int64> {
            let missing = ask(place)
            if missing.isEmpty { continue }
            answer(missing, place)
            #expect(ask(place).isEmpty)
        }
        _ = book.expire(1_500)
        window.advance(to: SlidingWindow.step(1_500))
        let asked = (0..<50).map { _ in ask(1_500) }
        #expect(asked.map { $0.map(\.wanted) } == [[100]] + Array(repeating: [1], count: 49))
        #expect(book.refills(wish(400), nowMS: 1_500).isEmpty)
        for missing in asked { answer(missing, 1_500) }
        #expect(book.outstanding(1_500) == 149)
        // Nothing is owed any more; in the second after next there is no more to go by.
        _ = book.expire(3_900)
        #expect(ask(3_900).map(\.wanted) == [1])
    }

    @Test("end after a second, and are given back at the step at which they count")
    func expire() {
        var book = PermitBook()
        guard case .short(let missing) = book.decide(wish(100), nowMS: 0) else {
            Issue.record("not short")
            return
        }
        book.add(5, for: missing[0], step: 7, waitMS: 0, left: 95, nowMS: 0)
        _ = book.decide(wish(100), nowMS: 10)
        #expect(book.endsMS == 1_000)
        #expect(book.expire(999).isEmpty)
        #expect(book.outstanding(999) == 4)
        #expect(book.outstanding(1_000) == 0)
        let over = book.expire(1_000)
        #expect(over.map(\.lot.step) == [7])
        #expect(over.map(\.lot.left) == [4])
        #expect(book.endsMS == nil)
        let call = LimitCall.giveBack(over, LimitKeys(namespace: "n"))
        #expect(call?.arguments == [.text(""), .text("w"), .number(7), .number(-4)])
    }

    @Test("are not asked for again for a quarter of a second when there are none, but for less")
    func refusals() {
        var book = PermitBook()
        let large = wish(100, tokens: 1_000, each: 400)
        guard case .short(let missing) = book.decide(large, nowMS: 0) else {
            Issue.record("not short")
            return
        }
        for shortage in missing {
            let isTokens = shortage.counter.kind == .tokens
            book.add(
                0,
                for: shortage,
                step: 7,
                waitMS: isTokens ? 9_000 : 0,
                left: isTokens ? 50 : 99,
                nowMS: 0
            )
        }
        guard case .refused(let refusal) = book.decide(large, nowMS: 100) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.kind == .tokens)
        #expect(refusal.remaining == 50)
        #expect(refusal.retryAfterMS == 8_900)
        guard case .short = book.decide(wish(100, tokens: 1_000, each: 40), nowMS: 100),
            case .short = book.decide(large, nowMS: 250)
        else {
            Issue.record("refused")
            return
        }
    }

    @Test("of the first candidate that has some are used")
    func candidates() {
        var book = PermitBook()
        let rules = ["a", "b"].map { id in
            LimitRule(LimitSubject(.deployment, id), requests: 10).map { [$0] } ?? []
        }
        var both = LimitWish(rules: [], candidates: rules)
        guard case .short(let missing) = book.decide(both, nowMS: 0) else {
            Issue.record("not short")
            return
        }
        #expect(missing.map(\.counter.subject.id) == ["a"])
        book.add(0, for: missing[0], step: 7, waitMS: 5_000, left: 0, nowMS: 0)
        guard case .short(let next) = book.decide(both, nowMS: 0) else {
            Issue.record("not short")
            return
        }
        #expect(next.map(\.counter.subject.id) == ["b"])
        book.add(1, for: next[0], step: 7, waitMS: 0, left: 9, nowMS: 0)
        guard case .granted(let receipt) = book.decide(both, nowMS: 0) else {
            Issue.record("not granted")
            return
        }
        #expect(receipt.candidate == 1)
        both.candidates.removeLast()
        guard case .refused(let refusal) = book.decide(both, nowMS: 0) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.retryAfterMS == 5_000)
    }

    @Test("let more through in any 60 seconds by no more than were outstanding at one time")
    func bound() {
        // Sidecars that take permits from one window, use them at random times, and give the rest
        // back; what they really did is counted beside it.
        for seed in 1...UInt64(6) {
            var random = Numbers(seed: seed)
            var window = SlidingWindow()
            var books = Array(repeating: PermitBook(), count: 4)
            for place in books.indices { books[place].sharers = 4 }
            var done: [Int64] = []
            let limit: Int64 = 400
            var outstandingMax: Int64 = 0
            var now: Int64 = 0
            for _ in 0..<6_000 {
                now += [0, 1, 3, 20, 90, 900].randomElement(using: &random) ?? 0
                window.advance(to: SlidingWindow.step(now))
                for place in books.indices {
                    for over in books[place].expire(now) {
                        window.settle(over.lot.step, by: -over.lot.left)
                    }
                }
                let place = Int.random(in: 0..<4, using: &random)
                if case .short(let missing) = books[place].decide(wish(limit), nowMS: now) {
                    for shortage in missing { fill(&books[place], shortage, &window, now) }
                }
                if case .granted = books[place].decide(wish(limit), nowMS: now) {
                    done.append(now)
                }
                let outstanding = books.reduce(0) { $0 + $1.outstanding(now) }
                outstandingMax = max(outstandingMax, outstanding)
                #expect(outstanding <= limit / 4 + 4)
                done.removeAll { $0 <= now - 60_000 }
                #expect(Int64(done.count) <= limit + outstandingMax)
            }
            #expect(done.count > 100)
        }
    }

    /// What the script does.
    private func fill(
        _ book: inout PermitBook,
        _ shortage: PermitBook.Shortage,
        _ window: inout SlidingWindow,
        _ now: Int64
    ) {
        let limit = shortage.counter.limit
        let wait = window.wait(for: shortage.need, limit: limit, nowMS: now)
        let granted = wait > 0 ? 0 : min(shortage.wanted, limit - window.used)
        if granted > 0 { window.add(granted) }
        book.add(
            granted,
            for: shortage,
            step: SlidingWindow.step(now),
            waitMS: wait,
            left: limit - window.used,
            nowMS: now
        )
    }
}
