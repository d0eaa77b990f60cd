import Testing

@testable import Routing

@Suite("Tags")
struct TagTests {
    /// Deployments by their tags; request tags; which are left; nil where none is, for the tags'
    /// sake.
    private static let table: [([Set<String>], [String], [Int]?)] = [
        // Any shared tag.
        ([["a"], ["b"], ["a", "b"], []], ["a"], [0, 2]),
        ([["a"], ["b"], ["a", "b"], []], ["a", "b"], [0, 1, 2]),
        ([["a"], ["b"], ["default"], []], ["b"], [1]),
        // No tags: those for everybody, or all when none is.
        ([["a"], ["default"], []], [], [1]),
        ([["a"], ["b"], []], [], [0, 1, 2]),
        ([["a"], ["b"], []], [""], [0, 1, 2]),
        // No match: those for everybody, or nothing.
        ([["a"], ["default", "b"], []], ["c"], [1]),
        ([["a"], ["b"], []], ["c"], nil),
        // Case matters, as in LiteLLM.
        ([["a"], ["A"]], ["A"], [1]),
        // What is excluded.
        ([["a"], ["a", "slow"], ["b"]], ["a", "!slow"], [0]),
        ([["a"], ["slow"], []], ["!slow"], [0, 2]),
        ([["default"], ["default", "slow"], []], ["!slow"], [0]),
        ([["slow"], ["slow", "default"]], ["!slow"], nil),
        ([["slow", "a"], ["default"]], ["a", "!slow"], [1]),
        // What is required.
        ([["a"], ["a", "eu"], ["eu"]], ["a", "&eu"], [1]),
        ([["a"], ["a", "eu"], ["eu"]], ["&eu"], [1, 2]),
        ([["a"], ["default"]], ["&eu"], [1]),
        ([["a", "eu", "slow"], ["a", "eu"]], ["a", "&eu", "!slow"], [1]),
        // One that is asked for by the tag of everybody.
        ([["default"], ["a"]], ["default"], [0]),
    ]

    @Test("choose deployments as LiteLLM's do", arguments: table)
    func any(deployments: [Set<String>], tags: [String], expected: [Int]?) {
        expect(deployments, tags, expected, matchesAny: true)
    }

    @Test(
        "must all be there when one is not enough",
        arguments: [
            ([["a"], ["a", "b"], ["a", "b", "c"]], ["a", "b"], [1, 2]),
            ([["a"], ["b"]], ["a", "b"], nil),
            ([["a"], ["b"], ["default"]], ["a", "b"], [2]),
            ([["a", "b"], ["a", "b", "c"]], ["a", "b", "!c"], [0]),
        ] as [([Set<String>], [String], [Int]?)]
    )
    func all(deployments: [Set<String>], tags: [String], expected: [Int]?) {
        expect(deployments, tags, expected, matchesAny: false)
    }

    private func bench(_ deployments: [Set<String>], matchesAny: Bool = true) -> RoutingBench {
        RoutingBench(
            deployments.count,
            policy: {
                $0.filtersByTags = true
                $0.matchesAnyTag = matchesAny
            },
            tags: deployments
        )
    }

    private func expect(
        _ deployments: [Set<String>],
        _ tags: [String],
        _ expected: [Int]?,
        matchesAny: Bool
    ) {
        var bench = bench(deployments, matchesAny: matchesAny)
        var request = RequestTraits()
        request.tags = RequestTags(tags)
        let selection = bench.choose(request)
        #expect(bench.eligible == expected ?? [])
        #expect((selection == .nothing(.tags)) == (expected == nil))
    }

    @Test("are matched before cooldowns count: who cools is waited for")
    func cooling() {
        var bench = bench([["a"], ["b"], ["default"]])
        bench[0].cooldownEnds = .max
        var request = RequestTraits()
        request.tags = RequestTags(["a"])
        #expect(bench.choose(request) == .wait(.cooldown(ends: .max)))
        #expect(bench.exclusions == [.cooling, .tags, .tags])
    }

    @Test("do not keep a request from the deployment that it names")
    func pinned() throws {
        var bench = bench([["a"], ["b"]])
        var request = RequestTraits()
        request.tags = RequestTags(["a"])
        request.pinnedDeployment = 1
        #expect(try bench.take(request).deployment == 1)
    }

    @Test("mean nothing where they are not filtered by")
    func disabled() {
        var bench = RoutingBench(2, tags: [["a"], ["b"]])
        var request = RequestTraits()
        request.tags = RequestTags(["a"])
        expectShares(bench.counts(request), [1 / 2, 1 / 2])
    }
}
