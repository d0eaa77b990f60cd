import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite("The circuit breaker and the back-off")
struct BreakerTests {
    private func at(_ milliseconds: UInt64) -> Instant {
        Instant(nanoseconds: 0).advanced(milliseconds: 100_000 + milliseconds)
    }

    /// As many timeouts as open it.
    private func open(_ breaker: inout CircuitBreaker, _ now: Instant) -> [Bool] {
        (0..<CircuitBreaker.timeoutsMax).map { _ in breaker.recordTimeout(now) }
    }

    private func timeout(_ breaker: inout CircuitBreaker, _ now: Instant) -> Bool {
        breaker.recordTimeout(now)
    }

    private func probe(_ breaker: inout CircuitBreaker, _ now: Instant) -> Bool {
        breaker.recordProbe(now)
    }

    private func next(_ backoff: inout Backoff, _ random: inout SeededRandom) -> UInt64 {
        backoff.next(using: &random)
    }

    @Test("opens after three timeouts in a row, once")
    func opens() {
        var breaker = CircuitBreaker(now: at(0))
        #expect(open(&breaker, at(0)) == [false, false, true])
        #expect(breaker.isOpen)
        #expect(!timeout(&breaker, at(1)))
    }

    @Test("does not open when an answer comes in between")
    func answers() {
        var breaker = CircuitBreaker(now: at(0))
        for _ in 0..<10 {
            for _ in 1..<CircuitBreaker.timeoutsMax { #expect(!timeout(&breaker, at(0))) }
            breaker.recordAnswer()
        }
        #expect(!breaker.isOpen)
    }

    @Test("closes by a probe, not before its hold is over")
    func closes() {
        var breaker = CircuitBreaker(now: at(0))
        _ = open(&breaker, at(0))
        #expect(breaker.heldUntil == at(CircuitBreaker.holdMS))
        #expect(!probe(&breaker, at(CircuitBreaker.holdMS - 1)))
        #expect(probe(&breaker, at(CircuitBreaker.holdMS)))
        #expect(!breaker.isOpen)
        #expect(!probe(&breaker, at(CircuitBreaker.holdMS)))
        // And counts anew.
        #expect(open(&breaker, at(CircuitBreaker.holdMS)) == [false, false, true])
    }

    @Test("holds longer each time it opens again, up to a bound, until it was calm")
    func holds() {
        var breaker = CircuitBreaker(now: at(0))
        var now = at(0)
        for wanted: UInt64 in [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000] {
            _ = open(&breaker, now)
            let until = now.advanced(milliseconds: wanted)
            #expect(breaker.heldUntil == until)
            now = until
            #expect(probe(&breaker, now))
        }
        now = now.advanced(milliseconds: CircuitBreaker.calmMS)
        _ = open(&breaker, now)
        #expect(breaker.heldUntil == now.advanced(milliseconds: CircuitBreaker.holdMS))
    }

    @Test("closes at once with a new connection")
    func reconnects() {
        var breaker = CircuitBreaker(now: at(0))
        _ = open(&breaker, at(0))
        breaker.close(at(1))
        #expect(!breaker.isOpen)
    }

    @Test("waits twice as long each time, half of it by chance, two seconds at most")
    func backoff() {
        var random = SeededRandom.make()
        for _ in 0..<100 {
            var backoff = Backoff()
            for longest: UInt64 in [50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000] {
                #expect(longest / 2...longest ~= next(&backoff, &random))
            }
            for _ in 0..<100 { #expect(next(&backoff, &random) <= Backoff.maxMS) }
            backoff.reset()
            #expect(next(&backoff, &random) <= Backoff.firstMS)
        }
        let many = Set(
            (0..<100).map { _ in
                var backoff = Backoff()
                return next(&backoff, &random)
            }
        )
        #expect(many.count > 5)
    }
}
