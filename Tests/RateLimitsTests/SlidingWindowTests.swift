import RateLimits
import Testing

@Suite("A sliding window")
struct SlidingWindowTests {
    /// Everything that was ever taken, and what of it counts: the definition, without steps.
    private struct Oracle {
        var taken: [(atMS: Int64, amount: Int64)] = []

        /// In the 60 seconds that end at a time.
        func used(upTo nowMS: Int64) -> Int64 {
            taken.reduce(0) { sum, one in
                one.atMS > nowMS - 60_000 && one.atMS <= nowMS ? sum + one.amount : sum
            }
        }
    }

    @Test(
        "is never over in any 60 seconds, and honest about the wait, at random times",
        arguments: [(1, 1), (7, 3), (100, 30), (1_000, 1), (1_000, 1_000)] as [(Int64, Int64)]
    )
    func random(limit: Int64, amountMax: Int64) {
        for seed in 1...UInt64(4) {
            var random = Numbers(seed: seed)
            var window = SlidingWindow()
            var oracle = Oracle()
            var now = Int64.random(in: 0...1_000_000, using: &random)
            for _ in 0..<2_000 {
                // Storms, pauses, and ends of steps.
                let pauses = [0, 0, 1, 17, 249, 250, 251, 2_000, 59_999, 60_250] as [Int64]
                now += pauses.randomElement(using: &random) ?? 0
                window.advance(to: SlidingWindow.step(now))
                let amount = Int64.random(in: 1...amountMax, using: &random)
                let wait = window.wait(for: amount, limit: limit, nowMS: now)
                #expect((wait == 0) == (window.used + amount <= limit))
                if wait == 0 {
                    window.add(amount)
                    oracle.taken.append((now, amount))
                    #expect(oracle.used(upTo: now) <= limit)
                } else {
                    #expect(wait <= 60_250)
                    expectHonest(window, amount, limit, now, wait)
                }
                oracle.taken.removeAll { $0.atMS < now - 70_000 }
            }
        }
    }

    /// After exactly that wait it is granted, and not a millisecond before.
    private func expectHonest(
        _ window: SlidingWindow,
        _ amount: Int64,
        _ limit: Int64,
        _ now: Int64,
        _ wait: Int64
    ) {
        var before = window
        before.advance(to: SlidingWindow.step(now + wait - 1))
        #expect(before.wait(for: amount, limit: limit, nowMS: now + wait - 1) == 1)
        var after = window
        after.advance(to: SlidingWindow.step(now + wait))
        #expect(after.wait(for: amount, limit: limit, nowMS: now + wait) == 0)
    }

    @Test(
        "lets 99 % of the limit be used by who asks all the time",
        arguments: [10, 60, 1_000, 24_000] as [Int64]
    )
    func steady(limit: Int64) {
        var window = SlidingWindow()
        var granted: Int64 = 0
        let minutes: Int64 = 5
        for now in stride(from: 0, to: minutes * 60_000, by: 5) {
            window.advance(to: SlidingWindow.step(now))
            while window.wait(for: 1, limit: limit, nowMS: now) == 0 {
                window.add(1)
                granted += 1
            }
        }
        #expect(granted >= limit * minutes * 99 / 100)
    }

    @Test("settles a step that is in the window, and later only what was used beyond")
    func settles() {
        var window = SlidingWindow()
        window.advance(to: 1_000)
        window.add(100)
        window.settle(1_000, by: -60)
        #expect(window.used == 40)
        window.advance(to: 1_240)
        window.settle(1_000, by: 10)
        #expect(window.used == 50)
        window.advance(to: 1_241)
        #expect(window.used == 0)
        window.settle(1_000, by: -10)
        #expect(window.used == 0)
        window.settle(1_000, by: 5)
        #expect(window.used == 5)
        window.advance(to: 1_481)
        #expect(window.used == 5)
        window.advance(to: 1_482)
        #expect(window.used == 0)
    }

    @Test("takes no more from a step than it has, and stands still when time runs backwards")
    func bounds() {
        var window = SlidingWindow()
        window.advance(to: 500)
        window.add(3)
        window.settle(499, by: -5)
        #expect(window.used == 3)
        window.advance(to: 400)
        window.add(2)
        window.advance(to: 740)
        #expect(window.used == 5)
        window.advance(to: 741)
        #expect(window.used == 0)
    }
}

/// Random numbers that are the same in every run (xorshift64*).
struct Numbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15
    }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
