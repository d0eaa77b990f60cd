import POSIX
import Testing

@testable import Routing

/// What a choice costs. Prints, and never fails, since a machine may be busy:
/// `SIDEGATE_TEST_SPEED=1 swift test -c release -Xswiftc -enable-testing --filter ChoiceCost`.
@Suite(
    "The cost of a choice",
    .serialized,
    .enabled(if: ProcessEnvironment.value("SIDEGATE_TEST_SPEED") != nil)
)
struct ChoiceCostTests {
    /// Choices and ends of them, a mean in nanoseconds; the best of five runs, which is the one
    /// that others disturbed least.
    private func nanoseconds(
        _ bench: inout RoutingBench,
        _ request: RequestTraits,
        rounds: Int,
        outcome: AttemptOutcome
    ) throws -> Double {
        var best = Double.infinity
        var request = request
        for _ in 0..<5 {
            let begun = Clock.monotonicNS()
            for round in 0..<rounds {
                bench.now.nanoseconds += 1_000
                request.prefixHash = UInt64(round) &* 0x9E37_79B9_7F4A_7C15
                let place = try bench.take(request)
                bench.finish(place, outcome)
            }
            let spent = Double(Clock.monotonicNS() - begun)
            best = min(best, spent / Double(rounds))
        }
        return best
    }

    @Test("of requests and groups out of the ordinary", arguments: [10, 1_000])
    func extraordinary(count: Int) throws {
        func print(_ name: String, _ bench: RoutingBench, _ request: RequestTraits) throws {
            var bench = bench
            let cost = try nanoseconds(
                &bench,
                request,
                rounds: max(1_000, 200_000 / count),
                outcome: .success
            )
            Swift.print("\(name), \(count) candidates: \(Int(cost)) ns")
        }
        var tagged = RequestTraits()
        tagged.tags = RequestTags(["a", "!slow"])
        let tags = (0..<count).map { Set($0 % 2 == 0 ? ["a", "b"] : ["slow", "b"]) }
        let filtering = RoutingBench(count, policy: { $0.filtersByTags = true }, tags: tags)
        try print("tags", filtering, tagged)
        var tried = RequestTraits()
        tried.triedSlots = [0, 1]
        tried.refusedDeployments = [2]
        try print("two tried, one refused", RoutingBench(count), tried)
        let orders = RoutingBench(count, each: { $1.order = Int16($0 % 2) })
        try print("two orders", orders, RequestTraits())
        var warming = RoutingBench(count)
        for slot in 0..<count / 2 { warming[slot].warmAt = .max }
        try print("half of them new", warming, RequestTraits())
        var worst = RoutingBench(
            count,
            policy: {
                $0.enforcesMinuteLimits = true
                $0.checksContextWindow = true
            },
            each: {
                $1.parallelMax = $0 == 0 ? 0 : .max
                $1.order = Int16($0 % 2)
            }
        )
        worst[1].health = .unhealthy
        worst[1].healthEnds = .max
        for slot in 0..<count / 2 { worst[slot].warmAt = .max }
        try print("all filters but tags", worst, tried)
    }

    @Test("of each strategy", arguments: StrategyName.allCases, [1, 10, 100, 1_000])
    func strategies(name: StrategyName, count: Int) throws {
        var bench = RoutingBench(count, name)
        for slot in 0..<count {
            bench.attempt(Int32(slot), .answer(seconds: Double(slot % 7 + 1), tokens: 10))
        }
        let cost = try nanoseconds(
            &bench,
            RequestTraits(),
            rounds: max(1_000, 200_000 / count),
            outcome: .answer(seconds: 1, tokens: 10)
        )
        print("\(name.rawValue), \(count) candidates: \(Int(cost)) ns")
    }
}
