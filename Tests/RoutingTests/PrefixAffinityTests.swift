import Testing

@testable import Routing

@Suite("Prefix affinity")
struct PrefixAffinityTests {
    private static let prefixes = 10_000

    /// Where each of 10,000 prefixes goes when nothing else is in flight.
    private func homes(_ bench: inout RoutingBench) throws -> [Int32] {
        var generator = FastGenerator(seed: TestSeed.value)
        var homes: [Int32] = []
        for _ in 0..<Self.prefixes {
            var request = RequestTraits()
            request.prefixHash = generator.next()
            let place = try bench.take(request)
            homes.append(place.deployment)
            bench.finish(place, .abandoned)
        }
        return homes
    }

    @Test("sends the same prefix to the same candidate, and prefixes to all alike")
    func same() throws {
        var bench = RoutingBench(8, .prefixAffinity)
        let first = try homes(&bench)
        bench.generator = FastGenerator(seed: 1)
        #expect(try homes(&bench) == first)
        let counts = (0..<8).map { deployment in first.count { $0 == deployment } }
        expectShares(counts, [Double](repeating: 1 / 8, count: 8))
    }

    @Test("moves the prefixes of a candidate that leaves, and no others", arguments: [2, 5, 20])
    func leaving(count: Int) throws {
        var bench = RoutingBench(count, .prefixAffinity)
        let before = try homes(&bench)
        bench[1].cooldownEnds = .max
        let after = try homes(&bench)
        let moved = zip(before, after).count { $0 != $1 }
        #expect(zip(before, after).allSatisfy { $0 == $1 || $0 == 1 })
        #expect(!after.contains(1))
        #expect(Double(moved) < Double(Self.prefixes) * (1 / Double(count) + 0.05))
    }

    @Test("moves a share of prefixes to one that comes, and none elsewhere", arguments: [2, 5, 20])
    func coming(count: Int) throws {
        var before = RoutingBench(count, .prefixAffinity)
        var after = RoutingBench(count + 1, .prefixAffinity)
        let (old, new) = (try homes(&before), try homes(&after))
        let moved = zip(old, new).count { $0 != $1 }
        #expect(zip(old, new).allSatisfy { $0 == $1 || $1 == Int32(count) })
        #expect(moved > 0)
        #expect(Double(moved) < Double(Self.prefixes) * (1 / Double(count + 1) + 0.05))
    }

    @Test(
        "never gives one more than its bound of the load, as requests come and go",
        arguments: [1, 1.25, 2]
    )
    func bound(factor: Double) throws {
        var arguments = StrategyArguments()
        arguments.loadFactor = factor
        var bench = RoutingBench(7, .prefixAffinity, arguments: arguments)
        var open: [Selection.Place] = []
        var overflown = 0
        var generator = FastGenerator(seed: TestSeed.value)
        for step in 0..<20_000 {
            // The crowd grows and shrinks; two thirds of it begin with one of three prefixes.
            let target = step / 2_000 % 2 == 0 ? 60 : 5
            if open.count < target || Bool.random(using: &generator) {
                var request = RequestTraits()
                let isCrowd = Int.random(in: 0..<3, using: &generator) > 0
                request.prefixHash = isCrowd ? generator.next() % 3 : generator.next()
                let place = try bench.take(request)
                open.append(place)
                let mean = Double(open.count) / 7
                let most = Int32((factor * mean).rounded(.up))
                #expect(bench[Int(place.slot)].inFlight <= most, TestSeed.note)
                if isCrowd, bench[Int(place.slot)].inFlight == most { overflown += 1 }
            } else {
                let place = open.remove(at: Int.random(in: 0..<open.count, using: &generator))
                bench.finish(place, .success)
            }
        }
        #expect(overflown > 100, "the bound was never met, so nothing was shown")
    }

    @Test("goes where the fewest are in flight without a prompt")
    func withoutPrompt() {
        var bench = RoutingBench(3, .prefixAffinity)
        bench[0].inFlight = 1
        expectShares(bench.counts(), [0, 1 / 2, 1 / 2])
    }

    @Test("tells endpoints apart in the same way in every process")
    func identity() {
        let first = CandidateGroup.identity(deploymentID: "a", endpoint: "10.0.0.1:8000")
        #expect(first == CandidateGroup.identity(deploymentID: "a", endpoint: "10.0.0.1:8000"))
        let others = [("a", ""), ("b", "10.0.0.1:8000"), ("a", "10.0.0.2:8000")].map {
            CandidateGroup.identity(deploymentID: $0.0, endpoint: $0.1)
        }
        #expect(Set(others + [first]).count == 4)
    }
}
