import Testing

@testable import Routing

@Suite("Power of two choices")
struct PowerOfTwoTests {
    /// The exact shares: every pair is as likely, the less loaded of it is chosen, of equal ones
    /// either.
    private func shares(_ loads: [Double]) -> [Double] {
        let pairs = Double(loads.count * (loads.count - 1) / 2)
        var shares = [Double](repeating: 0, count: loads.count)
        for left in loads.indices {
            for right in loads.indices where right > left {
                if loads[left] == loads[right] {
                    shares[left] += 0.5 / pairs
                    shares[right] += 0.5 / pairs
                } else {
                    shares[loads[left] < loads[right] ? left : right] += 1 / pairs
                }
            }
        }
        return shares
    }

    @Test(
        "has exactly the shares of its definition",
        arguments: [
            [0, 0], [0, 1], [0, 0, 0, 0, 0], [0, 1, 2, 3, 4], [2, 2, 0, 5], [9, 9, 9, 1, 1, 0, 0],
        ] as [[Int32]]
    )
    func shares(inFlight: [Int32]) {
        var bench = RoutingBench(inFlight.count, .powerOfTwo)
        for (slot, count) in inFlight.enumerated() { bench[slot].inFlight = count }
        expectShares(bench.counts(), shares(inFlight.map { Double($0) }))
    }

    @Test("weighs what is in flight with the latency")
    func latency() {
        var bench = RoutingBench(4, .powerOfTwo)
        let (seconds, inFlight) = ([1, 2, 4, 0.5], [3, 0, 1, 7] as [Int32])
        for slot in 0..<4 {
            bench.attempt(Int32(slot), .answer(seconds: seconds[slot]))
            bench[slot].inFlight = inFlight[slot]
        }
        // 4, 2, 8, 4.
        expectShares(bench.counts(), shares(zip(seconds, inFlight).map { $0 * Double($1 + 1) }))
    }

    @Test("goes by what is in flight alone where one of two was not measured lately")
    func unmeasured() {
        var bench = RoutingBench(2, .powerOfTwo)
        bench.attempt(0, .answer(seconds: 100))
        bench[1].inFlight = 1
        #expect(bench.counts(rounds: 50) == [50, 0])
        bench.attempt(1, .answer(seconds: 1))
        #expect(bench.counts(rounds: 50) == [0, 50])
        // A slow one is tried again after a while.
        bench.pass(milliseconds: PowerOfTwo.latencyTTLMS)
        #expect(bench.counts(rounds: 50) == [0, 50])
        bench.pass(milliseconds: 1)
        #expect(bench.counts(rounds: 50) == [50, 0])
    }

    @Test("goes by the first token of streams")
    func streams() {
        var bench = RoutingBench(2, .powerOfTwo)
        bench.attempt(0, .stream(firstToken: 1))
        bench.attempt(1, .stream(firstToken: 2))
        var request = RequestTraits()
        request.isStream = true
        #expect(bench.counts(rounds: 50, request) == [50, 0])
        expectShares(bench.counts(), [1 / 2, 1 / 2])
    }
}
