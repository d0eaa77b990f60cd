import POSIX
import RouteTable
import Testing

@testable import Routing

@Suite("Simple shuffle")
struct SimpleShuffleTests {
    private static let seed: UInt64 = TestSeed.value

    private func candidates(_ members: [(weight: UInt32, order: Int16?)]) throws -> Candidates {
        var contents = TableContents()
        contents.models = [
            Model(
                name: "m",
                deployments: members.enumerated().map { index, member in
                    Deployment(
                        id: .derived(UInt64(index)),
                        provider: 1,
                        upstreamModel: .literal("u"),
                        weight: member.weight,
                        order: member.order
                    )
                }
            )
        ]
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        return Candidates(table: table, deployments: table.model(at: 0).deployments)
    }

    private func counts(
        _ candidates: Candidates,
        rounds: Int,
        isAvailable: (Int) -> Bool = { _ in true }
    ) -> [Int] {
        var generator = FastGenerator(seed: Self.seed)
        var counts = [Int](repeating: 0, count: candidates.deployments.count)
        for _ in 0..<rounds {
            if let index = SimpleShuffle().select(
                from: candidates,
                isAvailable: isAvailable,
                using: &generator
            ) {
                counts[index] += 1
            }
        }
        return counts
    }

    /// Whether each count is within three standard deviations of its share.
    private func expectShares(_ counts: [Int], _ shares: [Double], rounds: Int) {
        for (count, share) in zip(counts, shares) {
            let mean = Double(rounds) * share
            let sigma = (mean * (1 - share)).squareRoot()
            #expect(abs(Double(count) - mean) <= 3 * sigma, "seed \(Self.seed): \(counts)")
        }
    }

    @Test("gives each deployment its share")
    func shares() throws {
        print("seed \(Self.seed)")
        let rounds = 60_000
        let weighted = try candidates([(1000, nil), (3000, nil), (0, nil), (2000, nil)])
        let found = counts(weighted, rounds: rounds)
        #expect(found[2] == 0)
        expectShares(found, [1 / 6, 1 / 2, 0, 1 / 3], rounds: rounds)
    }

    @Test("gives equal shares where all weights are 0")
    func zeros() throws {
        let rounds = 30_000
        let found = counts(try candidates([(0, nil), (0, nil), (0, nil)]), rounds: rounds)
        expectShares(found, [1 / 3, 1 / 3, 1 / 3], rounds: rounds)
    }

    @Test("leaves out who is not available, and gives others that share")
    func availability() throws {
        let three = try candidates([(1000, nil), (1000, nil), (0, nil)])
        #expect(counts(three, rounds: 100) { $0 != 1 } == [100, 0, 0])
        // Only one of weight 0 is left.
        #expect(counts(three, rounds: 100) { $0 == 2 } == [0, 0, 100])
        #expect(counts(three, rounds: 10) { _ in false } == [0, 0, 0])
    }

    @Test("chooses among the lowest available order only")
    func order() throws {
        let tiers = try candidates([(1000, nil), (1000, 2), (1, 1), (1, -5)])
        #expect(counts(tiers, rounds: 50) == [0, 0, 0, 50])
        #expect(counts(tiers, rounds: 50) { $0 < 3 } == [0, 0, 50, 0])
        #expect(counts(tiers, rounds: 50) { $0 == 0 } == [50, 0, 0, 0])
    }

    @Test("survives the largest weights")
    func largeWeights() throws {
        let large = try candidates([(.max, nil), (.max, nil)])
        #expect(counts(large, rounds: 100).reduce(0, +) == 100)
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
}

enum TestSeed {
    /// `SIDEGATE_TEST_SEED`, or a fixed one: three standard deviations are passed by chance once in
    /// 370 times, and a test run must not fail by chance.
    static let value: UInt64 =
        ProcessEnvironment.value("SIDEGATE_TEST_SEED").flatMap { UInt64($0) } ?? 20_261_123
}
