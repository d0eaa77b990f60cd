import RouteTable
import Testing

@testable import Routing

@Suite("Simple shuffle")
struct SimpleShuffleTests {
    private func bench(_ weights: [UInt32]) -> RoutingBench {
        RoutingBench(
            weights.count,
            each: { $1.weight = Candidate.weight(thousandths: weights[$0], among: 1) }
        )
    }

    @Test(
        "gives each candidate its share of 10,000 requests",
        arguments: [
            ([1000, 3000, 0, 2000], [1 / 6, 1 / 2, 0, 1 / 3]),
            ([1000, 1000], [1 / 2, 1 / 2]),
            ([1, 999], [0.001, 0.999]),
            ([0, 0, 0], [1 / 3, 1 / 3, 1 / 3]),
            ([0, 5], [0, 1]),
            ([.max, .max, .max, .max], [1 / 4, 1 / 4, 1 / 4, 1 / 4]),
        ] as [([UInt32], [Double])]
    )
    func shares(weights: [UInt32], shares: [Double]) {
        var bench = bench(weights)
        expectShares(bench.counts(), shares)
    }

    @Test("leaves out who cannot be chosen, and gives others that share")
    func availability() {
        var bench = bench([1000, 1000, 2000, 0])
        bench[2].cooldownEnds = .max
        expectShares(bench.counts(), [1 / 2, 1 / 2, 0, 0])
        bench[0].cooldownEnds = .max
        bench[1].cooldownEnds = .max
        // Only one of weight 0 is left.
        #expect(bench.counts(rounds: 100) == [0, 0, 0, 100])
    }

    @Test("repeats itself with the same seed")
    func seeded() {
        var first = FastGenerator(seed: 1)
        var second = FastGenerator(seed: 1)
        var other = FastGenerator(seed: 2)
        let numbers = (0..<8).map { _ in first.next() }
        #expect((0..<8).map { _ in second.next() } == numbers)
        #expect((0..<8).map { _ in other.next() } != numbers)
        #expect(Set(numbers).count == 8)
    }

    @Test("is true once in so many times", arguments: [1, 2, 3, 1000] as [UInt64])
    func oneOf(count: UInt64) {
        var generator = FastGenerator(seed: TestSeed.value)
        let hits = (0..<10_000).count { _ in generator.isOne(of: count) }
        expectShares([hits, 10_000 - hits], [1 / Double(count), 1 - 1 / Double(count)])
    }
}

@Suite("The shares of a table's deployments")
struct TableShareTests {
    /// A group as the sidecar makes it: each deployment with so many endpoints.
    private func bench(_ deployments: [Deployment], endpoints: [Int]) throws -> RoutingBench {
        var contents = TableContents()
        contents.models = [Model(name: "m", deployments: deployments)]
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        let values = ReferenceValues([])
        var bench = RoutingBench(0)
        bench.group = CandidateGroup(policy: GroupPolicy(table: table, model: 0, values: values))
        for index in table.model(at: 0).deployments {
            let id = table.deploymentID(at: index)
            let slots = (0..<endpoints[index]).map { endpoint in
                let key = RoutingState.EndpointKey(deploymentID: id, endpoint: "10.0.0.\(endpoint)")
                return (
                    slot: bench.state.hold(key, isNew: false, at: bench.now), identity: UInt64(0)
                )
            }
            bench.group.add(deployment: index, slots: slots, table: table, values: values)
        }
        return bench
    }

    private func deployment(_ number: UInt64, weight: UInt32 = 1000) -> Deployment {
        Deployment(
            id: .derived(number),
            provider: 1,
            upstreamModel: .literal("u"),
            weight: weight
        )
    }

    /// Chosen by deployment, and by slot.
    private func counts(_ bench: inout RoutingBench, rounds: Int) -> ([Int], [Int]) {
        var byDeployment = [Int](repeating: 0, count: bench.group.candidates.count)
        var bySlot = byDeployment
        for _ in 0..<rounds {
            guard case .chosen(let place) = bench.choose() else { continue }
            byDeployment[Int(place.deployment)] += 1
            bySlot[Int(place.slot)] += 1
            bench.finish(place, .abandoned)
        }
        return (byDeployment, bySlot)
    }

    @Test("are their weights")
    func weights() throws {
        let deployments = [1000, 0, 4000].enumerated().map { index, weight in
            deployment(UInt64(index), weight: UInt32(weight))
        }
        var bench = try bench(deployments, endpoints: [1, 1, 1])
        expectShares(counts(&bench, rounds: 10_000).0, [0.2, 0, 0.8])
    }

    @Test("are divided among the endpoints of a name")
    func endpoints() throws {
        var bench = try bench(
            [deployment(1), deployment(2, weight: 3000)],
            endpoints: [3, 1]
        )
        let (byDeployment, bySlot) = counts(&bench, rounds: 10_000)
        expectShares(byDeployment, [1 / 4, 3 / 4])
        expectShares(bySlot, [1 / 12, 1 / 12, 1 / 12, 3 / 4])
    }

    @Test("are nothing only where the table says 0", arguments: [1, 3, 100_000])
    func division(count: Int) {
        #expect(Candidate.weight(thousandths: 0, among: count) == 0)
        #expect(Candidate.weight(thousandths: 1, among: count) >= 1)
        let sum = Double(Candidate.weight(thousandths: 1_000_000, among: count)) * Double(count)
        let whole = Double(Candidate.weight(thousandths: 1_000_000, among: 1))
        #expect(abs(sum - whole) / whole < 0.001)
    }

    @Test("make a draw however large they are and however many")
    func largest() throws {
        let largest = Candidate.weight(thousandths: .max, among: 1)
        #expect(largest.multipliedReportingOverflow(by: 10_000_000).overflow == false)
    }
}
