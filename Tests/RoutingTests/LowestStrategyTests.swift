import Testing

@testable import Routing

@Suite("Strategies that take the lowest of something")
struct LowestStrategyTests {
    private static let ties: [[Double]] = [
        [1, 0, 0, 0], [0, 1 / 2, 1 / 2, 0], [1 / 3, 0, 1 / 3, 1 / 3], [1 / 4, 1 / 4, 1 / 4, 1 / 4],
    ]

    /// 0 where a share is wanted, else something larger.
    private func loads(_ shares: [Double]) -> [Int64] {
        shares.enumerated().map { $1 > 0 ? 7 : 8 + Int64($0) }
    }

    @Test("least-busy: the fewest in flight, ties alike", arguments: ties)
    func leastBusy(shares: [Double]) {
        var bench = RoutingBench(4, .leastBusy)
        for (slot, load) in loads(shares).enumerated() { bench[slot].inFlight = Int32(load) }
        expectShares(bench.counts(), shares)
    }

    @Test("usage-based: the fewest tokens of this minute, ties alike", arguments: ties)
    func usage(shares: [Double]) {
        for name in [StrategyName.usageBased, .usageBasedV2] {
            var bench = RoutingBench(4, name)
            for (slot, load) in loads(shares).enumerated() {
                bench[slot].use.add(tokens: load, at: bench.now)
            }
            expectShares(bench.counts(), shares)
        }
    }

    @Test("usage-based: tokens of the minute before are nothing")
    func usageOfLastMinute() {
        var bench = RoutingBench(2, .usageBased)
        bench[0].use.add(tokens: 1_000_000, at: bench.now)
        #expect(bench.counts(rounds: 100) == [0, 100])
        bench.now.minute += 1
        expectShares(bench.counts(), [1 / 2, 1 / 2])
    }

    @Test("cost-based: the lowest price, ties alike, unknown prices last", arguments: ties)
    func cost(shares: [Double]) {
        let loads = loads(shares)
        var bench = RoutingBench(4, .costBased, each: { $1.price = UInt64(loads[$0]) })
        expectShares(bench.counts(), shares)
        bench = RoutingBench(4, .costBased, each: { if shares[$0] > 0 { $1.price = 1 } })
        expectShares(bench.counts(), shares)
    }

    @Test("look at those only that may be chosen")
    func eligibleOnly() {
        for name in [StrategyName.leastBusy, .usageBased, .costBased, .latencyBased] {
            var bench = RoutingBench(3, name, each: { $1.price = UInt64($0) })
            for slot in 0..<3 {
                bench[slot].inFlight = Int32(slot)
                bench[slot].use.add(tokens: Int64(slot), at: bench.now)
                bench.attempt(Int32(slot), .answer(seconds: Double(slot + 1)))
            }
            bench[0].cooldownEnds = .max
            #expect(bench.counts(rounds: 50) == [0, 50, 0], "\(name)")
        }
    }
}

@Suite("Latency-based routing")
struct LatencyBasedTests {
    private func bench(
        _ arguments: (inout StrategyArguments) -> Void = { _ in },
        seconds: [Double?]
    ) -> RoutingBench {
        var chosen = StrategyArguments()
        arguments(&chosen)
        var bench = RoutingBench(seconds.count, .latencyBased, arguments: chosen)
        for (slot, seconds) in seconds.enumerated() {
            if let seconds { bench.attempt(Int32(slot), .answer(seconds: seconds)) }
        }
        return bench
    }

    @Test(
        "draws among those within the buffer of the lowest",
        arguments: [
            (0, [1, 2, 3], [1, 0, 0]),
            (0, [2, 2, 3], [1 / 2, 1 / 2, 0]),
            (0.5, [1, 1.5, 1.51], [1 / 2, 1 / 2, 0]),
            (2, [1, 3, 2], [1 / 3, 1 / 3, 1 / 3]),
        ] as [(Double, [Double], [Double])]
    )
    func buffer(buffer: Double, seconds: [Double], shares: [Double]) {
        var bench = bench({ $0.latencyBuffer = buffer }, seconds: seconds)
        expectShares(bench.counts(), shares)
    }

    @Test("tries those first that were not measured, whatever the buffer")
    func unmeasured() {
        var bench = bench({ $0.latencyBuffer = 5 }, seconds: [0.001, nil, nil])
        expectShares(bench.counts(), [0, 1 / 2, 1 / 2])
    }

    @Test("forgets what was measured longer than its time ago")
    func ttl() {
        var bench = bench({ $0.latencyTTLMS = 2_000 }, seconds: [1, 2])
        bench.pass(milliseconds: 2_000)
        #expect(bench.counts(rounds: 50) == [50, 0])
        bench.attempt(0, .answer(seconds: 1))
        bench.pass(milliseconds: 1)
        #expect(bench.counts(rounds: 50) == [0, 50])
    }

    @Test("goes by seconds a token, and by the first token of streams")
    func streams() {
        var bench = RoutingBench(2, .latencyBased)
        // One takes longer since it says more.
        bench.attempt(0, .answer(seconds: 10, tokens: 1_000))
        bench.attempt(1, .answer(seconds: 1, tokens: 10))
        bench.attempt(0, .stream(firstToken: 3))
        bench.attempt(1, .stream(firstToken: 2))
        #expect(bench.counts(rounds: 50) == [50, 0])
        var request = RequestTraits()
        request.isStream = true
        #expect(bench.counts(rounds: 50, request) == [0, 50])
    }

    @Test("takes a time-out for 1,000 seconds, any other failure for nothing")
    func timeout() {
        var bench = bench(seconds: [1, 2])
        bench.attempt(0, .failure(.internalServer))
        #expect(bench.counts(rounds: 50) == [50, 0])
        bench.attempt(0, .failure(.timeout))
        #expect(bench.counts(rounds: 50) == [0, 50])
        #expect(bench[0].tokenSeconds.latest == 500.5)
    }

    @Test("takes the mean of the last few")
    func window() {
        var window = LatencyWindow()
        let now = Moment(nanoseconds: 5, minute: 0)
        #expect(window.latest == nil)
        for seconds in [1, 2, 3, 6] as [Double] {
            window.add(seconds: seconds, at: now, countMax: 3, ttlMS: 1_000)
        }
        #expect(window.latest == 11.0 / 3)
        // A smaller window after a reload keeps the newest.
        window.add(seconds: 10, at: now, countMax: 2, ttlMS: 1_000)
        #expect(window.latest == 8)
        window.add(seconds: 11, at: now, countMax: 1, ttlMS: 1_000)
        #expect(window.latest == 11)
        window.add(seconds: 1, at: now, countMax: 0, ttlMS: 1_000)
        #expect(window.latest == 1)
        // What came before a long pause counts no more.
        let later = Moment(nanoseconds: 1_002_000_000, minute: 0)
        #expect(window.mean(at: later, ttlMS: 1_000) == nil)
        #expect(window.latest == 1)
        window.add(seconds: 7, at: later, countMax: 3, ttlMS: 1_000)
        #expect(window.mean(at: later, ttlMS: 1_000) == 7)
        // A clock that stands before the last sample, as another thread may see it.
        #expect(window.mean(at: now, ttlMS: 0) == 7)
    }
}
