import Testing

@testable import Routing

@Suite("The state of routing")
struct RoutingStateTests {
    private func key(_ name: String) -> RoutingState.EndpointKey {
        RoutingState.EndpointKey(deploymentID: name, endpoint: "")
    }

    @Test("counts a request in when it is chosen and out when it ends")
    func counts() throws {
        var bench = RoutingBench(1)
        let first = try bench.take()
        let second = try bench.take()
        #expect(bench[0].inFlight == 2)
        #expect(bench[0].use.requests(at: bench.now) == 2)
        bench.finish(first, .answer(seconds: 2, tokens: 10))
        bench.finish(second, .failure(.internalServer))
        #expect(bench[0].inFlight == 0)
        #expect(bench[0].use.tokens(at: bench.now) == 10)
        #expect(bench[0].use.counts(at: bench.now).attempts == 2)
        #expect(bench[0].use.counts(at: bench.now).failures == 1)
        #expect(bench[0].tokenSeconds.latest == 0.2)
        bench.now.minute += 1
        #expect(bench[0].use.requests(at: bench.now) == 0)
        #expect(bench[0].use.tokens(at: bench.now) == 0)
        _ = try bench.take()
        #expect(bench[0].use.requests(at: bench.now) == 1)
        #expect(bench[0].use.counts(at: bench.now).attempts == 0)
    }

    @Test("measures streams by their first token, and not at all without one")
    func streams() {
        var bench = RoutingBench(1)
        bench.attempt(0, .stream(firstToken: 0.25))
        var silent = AttemptOutcome.Measured()
        silent.isStream = true
        silent.seconds = 9
        bench.attempt(0, .success(silent))
        #expect(bench[0].firstTokenSeconds.latest == 0.25)
        #expect(bench[0].tokenSeconds.latest == nil)
        // An answer without a count is measured as a whole.
        bench.attempt(0, .answer(seconds: 3, tokens: 0))
        #expect(bench[0].tokenSeconds.latest == 3)
    }

    @Test(
        "counts as failures what is not the client's",
        arguments: FailureKind.allCases
    )
    func blame(kind: FailureKind) {
        var bench = RoutingBench(1)
        bench.attempt(0, .failure(kind))
        let isClients: Set<FailureKind> = [
            .badRequest, .contextWindow, .contentPolicy, .conflict, .pathNotFound, .forbidden,
            .notImplemented,
        ]
        #expect(bench[0].use.counts(at: bench.now).failures == (isClients.contains(kind) ? 0 : 1))
        #expect(bench[0].use.counts(at: bench.now).attempts == 1)
    }

    // MARK: Nothing to choose

    /// What makes a candidate one that cannot be chosen, and what is said when all are like that.
    private static let obstacles: [(Exclusion, Selection)] = [
        (.full, .wait(.room)),
        (.cooling, .wait(.cooldown(ends: 2_000_000_000_000))),
        (.probing, .wait(.cooldown(ends: .max))),
        (.minuteLimit, .nothing(.minuteLimit)),
        (.contextWindow, .nothing(.contextWindow)),
        (.tags, .nothing(.tags)),
        (.refused, .nothing(.refused)),
        (.notPinned, .nothing(.empty)),
    ]

    /// A group of two, each with an obstacle.
    private func choose(_ obstacles: [Exclusion]) -> Selection {
        var bench = RoutingBench(
            obstacles.count,
            policy: {
                $0.filtersByTags = true
                $0.checksContextWindow = true
                $0.enforcesMinuteLimits = true
            },
            tags: obstacles.map { $0 == .tags ? [] : ["a"] },
            each: { index, candidate in
                switch obstacles[index] {
                case .full: candidate.parallelMax = 0
                case .minuteLimit: candidate.requestsPerMinute = 0
                case .contextWindow: candidate.inputTokensMax = 0
                default: break
                }
            }
        )
        var request = RequestTraits()
        request.tags = RequestTags(["a"])
        request.inputTokens = 1
        for (slot, obstacle) in obstacles.enumerated() {
            switch obstacle {
            case .cooling: bench[slot].cooldownEnds = 2_000_000_000_000
            case .probing:
                bench[slot].cooldownEnds = 1
                bench[slot].isProbing = true
            case .refused: request.refusedDeployments.append(Int32(slot))
            case .notPinned: request.pinnedDeployment = 99
            default: break
            }
        }
        if request.pinnedDeployment != nil { request.tags = nil }
        let selection = bench.choose(request)
        #expect(bench.exclusions == obstacles.map { $0 })
        return selection
    }

    @Test("knows whether another candidate comes next after a failure")
    func untried() {
        var bench = RoutingBench(2, each: { $1.parallelMax = 5 })
        func hasUntried(_ tried: [Int32], _ change: (inout RequestTraits) -> Void = { _ in })
            -> Bool
        {
            var request = RequestTraits()
            request.triedSlots = tried
            change(&request)
            return bench.state.hasUntried(bench.group, request, at: bench.now)
        }
        #expect(hasUntried([]))
        #expect(hasUntried([0]))
        #expect(!hasUntried([0, 1]))
        #expect(!hasUntried([0]) { $0.refusedDeployments = [1] })
        #expect(!hasUntried([0]) { $0.pinnedDeployment = 0 })
        // A new one comes next even where chance would leave it out.
        bench[1].warmAt = .max
        #expect(hasUntried([0]))
        // One that is full does not, nor one that cools or is on trial.
        bench[1].inFlight = 5
        #expect(!hasUntried([0]))
        bench[1].inFlight = 0
        bench[1].cooldownEnds = .max
        #expect(!hasUntried([0]))
        bench[1].cooldownEnds = 1
        #expect(hasUntried([0]))
        bench[1].isProbing = true
        #expect(!hasUntried([0]))
        bench[0].cooldownEnds = .max
        #expect(!hasUntried([0]))
    }

    @Test("says what to wait for, or why waiting is of no use", arguments: obstacles)
    func obstacle(exclusion: Exclusion, expected: Selection) {
        #expect(choose([exclusion]) == expected)
        #expect(choose([exclusion, exclusion]) == expected)
    }

    @Test("says first what may pass, whatever else there is")
    func precedence() {
        let combinable = Self.obstacles.dropLast()
        for (place, first) in combinable.enumerated() {
            for second in combinable.dropFirst(place + 1) where first.0 != .cooling {
                let isCooldown = first.0 == .probing && second.0 == .cooling
                #expect(choose([second.0, first.0]) == (isCooldown ? second.1 : first.1))
                #expect(choose([first.0, second.0]) == (isCooldown ? second.1 : first.1))
            }
        }
        #expect(choose([.probing, .cooling]) == .wait(.cooldown(ends: 2_000_000_000_000)))
        #expect(choose([.cooling, .minuteLimit]) == .wait(.cooldown(ends: 2_000_000_000_000)))
        #expect(choose([]) == .nothing(.empty))
    }

    @Test("waits for the first of several cooldowns to end")
    func firstCooldown() {
        var bench = RoutingBench(3)
        for (slot, ends) in [30, 10, 20].enumerated() {
            bench[slot].cooldownEnds = bench.now.nanoseconds + UInt64(ends)
        }
        #expect(bench.choose() == .wait(.cooldown(ends: bench.now.nanoseconds + 10)))
    }

    // MARK: Slots

    @Test("has one slot for an endpoint, until nobody holds it and nothing is in flight")
    func slots() throws {
        var state = RoutingState()
        let now = Moment(nanoseconds: 1, minute: 1)
        let slot = state.hold(key("a"), isNew: false, at: now)
        #expect(state.hold(key("a"), isNew: true, at: now) == slot)
        // One that is known is not warmed in again.
        #expect(state.endpoints[Int(slot)].warmAt == 0)
        state.update(slot) { $0.health = .unhealthy }
        state.release(slot)
        #expect(state.key(of: slot) == key("a"))
        var group = CandidateGroup(policy: GroupPolicy())
        group.add(Candidate(deployment: 0, slot: slot))
        var filter = CandidateFilter()
        var generator = FastGenerator(seed: 1)
        let selection = state.choose(
            group,
            RequestTraits(),
            at: now,
            filter: &filter,
            using: &generator
        )
        guard case .chosen(let place) = selection else {
            Issue.record("nothing was chosen")
            return
        }
        state.release(slot)
        // A request is still there; one that comes back finds what is known of it.
        #expect(state.contains(key("a")))
        #expect(state.hold(key("a"), isNew: true, at: now) == slot)
        #expect(state.endpoints[Int(slot)].health == .unhealthy)
        state.release(slot)
        _ = state.finish(place, .success, in: group, at: now)
        #expect(!state.contains(key("a")))
        #expect(state.key(of: slot) == nil)
        // The slot is used again, by another one that knows nothing of the first.
        #expect(state.hold(key("b"), isNew: true, at: now) == slot)
        #expect(state.endpoints[Int(slot)].health == .unknown)
        #expect(state.endpoints[Int(slot)].use == MinuteUse())
        #expect(state.endpoints[Int(slot)].warmAt == now.adding(milliseconds: 5_000))
        #expect(state.hold(key("c"), isNew: false, at: now) != slot)
    }

    @Test("tells the endpoints of a deployment apart")
    func endpoints() {
        var state = RoutingState()
        let now = Moment(nanoseconds: 1, minute: 1)
        let slots = ["", "10.0.0.1:80", "10.0.0.2:80"].map { endpoint in
            state.hold(
                RoutingState.EndpointKey(deploymentID: "a", endpoint: endpoint),
                isNew: false,
                at: now
            )
        }
        #expect(Set(slots).count == 3)
    }

    @Test("reckons time without overflow")
    func moments() {
        let now = Moment(nanoseconds: 10, minute: 0)
        #expect(now.adding(milliseconds: 1) == 1_000_010)
        #expect(now.adding(milliseconds: .max) == .max)
        #expect(Moment(nanoseconds: .max, minute: 0).adding(milliseconds: 1) == .max)
        #expect(now.milliseconds(until: 10) == 0)
        #expect(now.milliseconds(until: 3) == 0)
        #expect(now.milliseconds(until: 11) == 1)
        #expect(now.milliseconds(until: 1_000_011) == 2)
    }
}
