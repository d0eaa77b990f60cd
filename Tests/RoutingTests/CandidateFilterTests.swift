import Testing

@testable import Routing

@Suite("The filters of candidates")
struct CandidateFilterTests {
    private static let dead = EndpointState.Health.unhealthy

    /// What each case does to a group of three, and what becomes of each candidate.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var policy: @Sendable (inout GroupPolicy) -> Void = { _ in }
        var each: @Sendable (Int, inout Candidate) -> Void = { _, _ in }
        var state: @Sendable (inout RoutingBench) -> Void = { _ in }
        var request: @Sendable (inout RequestTraits) -> Void = { _ in }
        let expected: [Exclusion?]

        init(
            _ description: String,
            policy: @escaping @Sendable (inout GroupPolicy) -> Void = { _ in },
            each: @escaping @Sendable (Int, inout Candidate) -> Void = { _, _ in },
            state: @escaping @Sendable (inout RoutingBench) -> Void = { _ in },
            request: @escaping @Sendable (inout RequestTraits) -> Void = { _ in },
            _ expected: [Exclusion?]
        ) {
            testDescription = description
            self.policy = policy
            self.each = each
            self.state = state
            self.request = request
            self.expected = expected
        }
    }

    private static let alone: [Case] = [
        Case("nothing is wrong", [nil, nil, nil]),
        Case(
            "one is asked for",
            request: { $0.pinnedDeployment = 1 },
            [.notPinned, nil, .notPinned]
        ),
        Case("one refused", request: { $0.refusedDeployments = [0] }, [.refused, nil, nil]),
        Case(
            "the prompt is too long for some",
            policy: { $0.checksContextWindow = true },
            each: { $1.inputTokensMax = [99, 100, .max][$0] },
            request: { $0.inputTokens = 100 },
            [.contextWindow, nil, nil]
        ),
        Case(
            "context windows are nobody's business",
            each: { $1.inputTokensMax = Int64($0) },
            request: { $0.inputTokens = 100 },
            [nil, nil, nil]
        ),
        Case(
            "some cool, one is half open and being tried",
            state: {
                $0[0].cooldownEnds = $0.now.nanoseconds + 1
                $0[1].cooldownEnds = $0.now.nanoseconds
                $0[1].isProbing = true
                $0[2].cooldownEnds = $0.now.nanoseconds
            },
            [.cooling, .probing, nil]
        ),
        Case(
            "the limits of the minute are spent",
            policy: { $0.enforcesMinuteLimits = true },
            each: {
                $1.requestsPerMinute = [2, 3, .max][$0]
                $1.tokensPerMinute = [.max, .max, 2_000][$0]
            },
            state: { bench in
                for slot in 0..<3 {
                    for _ in 0..<2 { bench[slot].use.addRequest(at: bench.now) }
                    bench[slot].use.add(tokens: 1_900, at: bench.now)
                }
            },
            request: { $0.inputTokens = 101 },
            [.minuteLimit, nil, .minuteLimit]
        ),
        Case(
            "the prompt just fits into the minute, where not a token is left it does not",
            policy: { $0.enforcesMinuteLimits = true },
            each: { $1.tokensPerMinute = [2_000, 1_900, .max][$0] },
            state: { bench in
                for slot in 0..<3 { bench[slot].use.add(tokens: 1_900, at: bench.now) }
            },
            request: { $0.inputTokens = 100 },
            [nil, .minuteLimit, nil]
        ),
        Case(
            "rpm and tpm are no limits",
            each: {
                $1.requestsPerMinute = Int64($0)
                $1.tokensPerMinute = Int64($0)
            },
            request: { $0.inputTokens = 100 },
            [nil, nil, nil]
        ),
        Case(
            "some are full",
            each: { $1.parallelMax = [1, 2, .max][$0] },
            state: { for slot in 0..<3 { $0[slot].inFlight = 1 } },
            [.full, nil, nil]
        ),
        Case(
            "all are full: none may be chosen",
            each: { $1.parallelMax = 1 },
            state: { for slot in 0..<3 { $0[slot].inFlight = 1 } },
            [.full, .full, .full]
        ),
    ]

    private static let amongOthers: [Case] = [
        Case("one was tried", request: { $0.triedSlots = [2] }, [nil, nil, .tried]),
        Case("all were tried", request: { $0.triedSlots = [2, 1, 0] }, [nil, nil, nil]),
        Case(
            "two seem dead; one of them was found long ago",
            state: {
                $0[0].health = dead
                $0[0].healthEnds = $0.now.nanoseconds + 1
                $0[1].health = dead
                $0[1].healthEnds = $0.now.nanoseconds
                $0[2].health = .healthy
            },
            [.unhealthy, nil, nil]
        ),
        Case(
            "all seem dead",
            state: {
                for slot in 0..<3 {
                    $0[slot].health = dead
                    $0[slot].healthEnds = .max
                }
            },
            [nil, nil, nil]
        ),
        Case(
            "health is shown but not heeded",
            policy: { $0.heedsHealth = false },
            state: {
                $0[0].health = dead
                $0[0].healthEnds = .max
            },
            [nil, nil, nil]
        ),
        Case("orders differ", each: { $1.order = [.max, 2, -1][$0] }, [.order, .order, nil]),
        Case("orders are equal", each: { $1.order = 4 }, [nil, nil, nil]),
        Case(
            "the lowest order is that of those that are left",
            each: { $1.order = [1, 2, .max][$0] },
            state: { $0[0].cooldownEnds = .max },
            [.cooling, nil, .order]
        ),
    ]

    private static let together: [Case] = [
        Case(
            "the one that failed is better than those that cool",
            state: {
                $0[1].cooldownEnds = .max
                $0[2].cooldownEnds = .max
            },
            request: { $0.triedSlots = [0] },
            [nil, .cooling, .cooling]
        ),
        Case(
            "the one that seems dead is better than those that cool",
            state: {
                $0[0].health = dead
                $0[0].healthEnds = .max
                $0[1].cooldownEnds = .max
                $0[2].cooldownEnds = .max
            },
            [nil, .cooling, .cooling]
        ),
        Case(
            "an untried one that seems dead comes before one that failed",
            state: {
                $0[1].health = dead
                $0[1].healthEnds = .max
            },
            request: { $0.triedSlots = [0, 2] },
            [.tried, nil, .tried]
        ),
        Case(
            "one that failed is better than waiting for one that is full",
            each: { $1.parallelMax = $0 == 0 ? 1 : 0 },
            request: { $0.triedSlots = [0] },
            [nil, .full, .full]
        ),
        Case(
            "one that failed is better than waiting for one of a lower order",
            each: {
                $1.order = [1, 0, 0][$0]
                $1.parallelMax = $0 == 1 ? 0 : 1
            },
            state: { $0[0].cooldownEnds = .max },
            request: { $0.triedSlots = [2] },
            [.cooling, .full, nil]
        ),
        Case(
            "one that failed is better than one that seems dead, when a healthy one is full",
            each: { $1.parallelMax = $0 == 1 ? 0 : 1 },
            state: {
                $0[0].health = dead
                $0[0].healthEnds = .max
            },
            request: { $0.triedSlots = [2] },
            [.unhealthy, .full, nil]
        ),
        Case(
            "one that has room comes before one that failed",
            each: { $1.parallelMax = $0 == 1 ? 0 : 1 },
            request: { $0.triedSlots = [0] },
            [.tried, .full, nil]
        ),
        Case(
            "the next order is not taken for want of room",
            each: {
                $1.order = Int16($0)
                $1.parallelMax = 1
            },
            state: { $0[0].inFlight = 1 },
            [.full, .order, .order]
        ),
        Case(
            "the next order is taken once the first one failed",
            each: { $1.order = Int16($0) },
            request: { $0.triedSlots = [0] },
            [.tried, nil, .order]
        ),
        Case(
            "the first reason in the order of the filters is the one that is said",
            policy: {
                $0.checksContextWindow = true
                $0.enforcesMinuteLimits = true
            },
            each: {
                $1.inputTokensMax = $0 == 0 ? 1 : .max
                $1.requestsPerMinute = 1
                $1.parallelMax = 1
            },
            state: { bench in
                for slot in 0..<2 {
                    bench[slot].cooldownEnds = .max
                    bench[slot].inFlight = 1
                    bench[slot].use.addRequest(at: bench.now)
                }
            },
            request: {
                $0.inputTokens = 2
                $0.triedSlots = [0, 1]
            },
            [.contextWindow, .cooling, nil]
        ),
    ]

    @Test("leave out what the table says, for the reason it says", arguments: alone)
    func byThemselves(expected: Case) { run(expected) }

    @Test("leave out what others are better than, but not all", arguments: amongOthers)
    func preferences(expected: Case) { run(expected) }

    @Test("come one after the other", arguments: together)
    func sequence(expected: Case) { run(expected) }

    private func run(_ expected: Case) {
        var bench = RoutingBench(3, policy: expected.policy, each: expected.each)
        expected.state(&bench)
        var request = RequestTraits()
        expected.request(&request)
        // Twice, since the filter's memory is used again.
        for _ in 0..<2 {
            bench.filterOnly(request)
            #expect(bench.exclusions == expected.expected)
            let eligible = expected.expected.indices.filter { expected.expected[$0] == nil }
            #expect(bench.eligible == eligible)
        }
    }

    @Test("can be used for groups of other sizes")
    func sizes() {
        var filter = CandidateFilter()
        for count in [3, 1, 0, 5] {
            var bench = RoutingBench(count)
            bench.filter = filter
            bench.filterOnly(RequestTraits())
            filter = bench.filter
            #expect(filter.exclusions == [Exclusion?](repeating: nil, count: count))
            #expect(bench.eligible == Array(0..<count))
        }
    }

    @Test("warm a new endpoint in over five seconds")
    func warming() {
        var bench = RoutingBench(2)
        bench[1].warmAt = bench.now.adding(milliseconds: EndpointState.warmingMS)
        var shares: [Double] = []
        for second in 0...5 {
            // Left out with a chance of 1 - warmth, else drawn like the other.
            let warmth = max(0.1, Double(second) / 5)
            let counts = bench.counts()
            expectShares(counts, [1 - warmth / 2, warmth / 2])
            shares.append(Double(counts[1]) / 10_000)
            bench.pass(milliseconds: 1_000)
        }
        #expect(shares == shares.sorted())
    }

    @Test("do not leave a new endpoint out that is the only one")
    func warmingAlone() {
        var bench = RoutingBench(1)
        bench[0].warmAt = .max
        #expect(bench.counts(rounds: 100) == [100])
        bench = RoutingBench(2)
        bench[0].warmAt = .max
        bench[1].warmAt = .max
        // Both may be left out by chance, and then both are taken.
        expectShares(bench.counts(), [1 / 2, 1 / 2])
    }
}
