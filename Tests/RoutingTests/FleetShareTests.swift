import Testing

@testable import Routing

@Suite("What the fleet tells of an endpoint")
struct FleetShareTests {
    private func share(
        inFlight: Int32 = 0,
        pace: Double = 0,
        own: Int32 = 0,
        at bench: RoutingBench
    ) -> FleetShare {
        var share = FleetShare()
        share.ownInFlight = own
        share.ends = bench.now.adding(milliseconds: 5_000)
        share.othersInFlight = inFlight
        share.othersPace = pace
        return share
    }

    @Test(
        "least-busy: own requests and those of the others count together",
        arguments: [
            ([0, 0], [3, 2], [0, 1]),
            ([2, 0], [0, 1], [0, 1]),
            ([2, 0], [0, 3], [1, 0]),
            ([2, 0], [1, 3], [1 / 2, 1 / 2]),
            ([0, 0, 5], [4, 4, 0], [1 / 2, 1 / 2, 0]),
        ] as [([Int32], [Int32], [Double])]
    )
    func leastBusy(own: [Int32], others: [Int32], shares: [Double]) {
        var bench = RoutingBench(own.count, .leastBusy)
        for slot in own.indices {
            bench[slot].inFlight = own[slot]
            bench[slot].share = share(inFlight: others[slot], at: bench)
        }
        expectShares(bench.counts(), shares)
    }

    @Test("least-busy: what was told runs out by itself")
    func lapse() {
        var bench = RoutingBench(2, .leastBusy)
        bench[0].share = share(inFlight: 9, pace: 1, at: bench)
        bench[1].inFlight = 1
        #expect(bench.counts(rounds: 50) == [0, 50])
        bench.pass(milliseconds: 4_999)
        #expect(bench.counts(rounds: 50) == [0, 50])
        bench.pass(milliseconds: 1)
        #expect(bench.counts(rounds: 50) == [50, 0])
    }

    @Test("least-busy: one of which nothing was told counts by its own")
    func partlyTold() {
        var bench = RoutingBench(2, .leastBusy)
        bench[0].share = share(inFlight: 2, at: bench)
        bench[1].inFlight = 1
        #expect(bench.counts(rounds: 50) == [0, 50])
        bench[1].inFlight = 3
        #expect(bench.counts(rounds: 50) == [50, 0])
    }

    @Test(
        "least-busy: the more the others begin meanwhile, the less a difference says",
        arguments: [(0, 2), (1, 2), (2, 2), (3, 2), (4, 2), (5, 2), (30, 50)] as [(Int32, Double)]
    )
    func pace(difference: Int32, pace: Double) {
        var bench = RoutingBench(2, .leastBusy)
        bench[0].share = share(inFlight: difference, pace: pace, at: bench)
        bench[1].share = share(pace: pace, at: bench)
        // Of two numbers from 0 to 1, the first is below the second by more than this that often.
        let rest = max(0, 1 - Double(difference) / (2 * pace))
        let share = rest * rest / 2
        expectShares(bench.counts(), [share, 1 - share])
    }

    @Test("least-busy: what has changed here since counts for the others, too")
    func change() {
        var bench = RoutingBench(2, .leastBusy)
        for slot in 0..<2 {
            bench[slot].inFlight = 5
            bench[slot].share = share(pace: 10, own: 5, at: bench)
        }
        expectShares(bench.counts(), [1 / 2, 1 / 2])
        // Two more: 2 and as many of the others as were begun for them, which is 20.
        bench[0].inFlight = 7
        #expect(bench.counts(rounds: 50) == [0, 50])
        bench[0].inFlight = 3
        #expect(bench.counts(rounds: 50) == [50, 0])
    }

    @Test("other strategies have nothing to do with it")
    func otherStrategies() {
        for name in StrategyName.allCases where ![.leastBusy, .latencyBased].contains(name) {
            var bench = RoutingBench(2, name)
            var with = bench
            var told = share(inFlight: 50, at: bench)
            told.tokenSeconds = 100
            with[0].share = told
            var request = RequestTraits()
            request.prefixHash = 5
            let counts = bench.counts(rounds: 200, request)
            #expect(counts == with.counts(rounds: 200, request), "\(name)")
        }
    }

    // MARK: - Latency

    @Test(
        "latency-based: the fleet's mean where it tells one, else the process' own",
        arguments: [
            ([1, 2], [nil, nil], [1, 0]),
            ([1, 2], [4, 3], [0, 1]),
            ([1, 2], [3, nil], [0, 1]),
            ([nil, 2], [3, nil], [0, 1]),
            ([nil, nil], [3, nil], [0, 1]),
            ([nil, nil], [2, 2], [1 / 2, 1 / 2]),
        ] as [([Double?], [Double?], [Double])]
    )
    func latency(own: [Double?], fleets: [Double?], shares: [Double]) {
        var bench = RoutingBench(2, .latencyBased)
        var request = RequestTraits()
        for isStream in [false, true] {
            for slot in 0..<2 {
                let seconds = own[slot]
                if let seconds {
                    bench.attempt(
                        Int32(slot),
                        isStream ? .stream(firstToken: seconds) : .answer(seconds: seconds)
                    )
                }
                bench[slot].share = share(at: bench)
                if isStream {
                    bench[slot].share.firstTokenSeconds = fleets[slot]
                } else {
                    bench[slot].share.tokenSeconds = fleets[slot]
                }
            }
            request.isStream = isStream
            expectShares(bench.counts(request), shares)
        }
        bench.pass(milliseconds: 5_000)
        let isAlone = own[0] == nil && own[1] == nil
        #expect(bench.counts(rounds: 50)[0] == 50 || own[0] == nil || isAlone)
    }

    @Test("latency-based: who has waited in vain goes by that, whatever the fleet says")
    func timeout() {
        var bench = RoutingBench(2, .latencyBased)
        for slot in 0..<2 {
            bench[slot].share = share(at: bench)
            bench[slot].share.tokenSeconds = Double(slot + 1)
        }
        bench.attempt(0, .failure(.internalServer))
        #expect(bench.counts(rounds: 50) == [50, 0])
        bench.attempt(0, .failure(.timeout))
        #expect(bench.counts(rounds: 50) == [0, 50])
        // Until it is none of the last few any more.
        for _ in 0..<9 { bench.attempt(0, .answer(seconds: 1)) }
        #expect(bench.counts(rounds: 50) == [0, 50])
        bench.attempt(0, .answer(seconds: 1))
        #expect(bench.counts(rounds: 50) == [50, 0])
    }

    // MARK: - What the fleet is told

    @Test("is what was begun and measured since, and no time-outs")
    func unshared() throws {
        var bench = RoutingBench(1)
        bench.attempt(0, .answer(seconds: 3, tokens: 2))
        bench.attempt(0, .answer(seconds: 1))
        bench.attempt(0, .stream(firstToken: 0.25))
        bench.attempt(0, .failure(.timeout))
        bench.attempt(0, .unused)
        let place = try bench.take()
        #expect(bench[0].unshared.begun == 5)
        let token = bench[0].unshared.token
        #expect(token.count == 2 && token.seconds == 2.5)
        let firstToken = bench[0].unshared.firstToken
        #expect(firstToken.count == 1 && firstToken.seconds == 0.25)
        bench[0].unshared = EndpointState.Unshared()
        bench.finish(place, .abandoned)
        #expect(bench[0].unshared == EndpointState.Unshared())
    }

    @Test("is bounded where nobody takes it")
    func bound() {
        var sum = LatencySum()
        for _ in 0..<(1 << 20) + 3 { sum.add(seconds: 1) }
        #expect(sum.count == 3 && sum.seconds == 3)
    }
}
