import Testing

@testable import Routing

@Suite("Cooldowns that other sidecars have confirmed")
struct FleetCooldownTests {
    /// Two candidates; the fleet says of the first one that it cools for so long, or that its
    /// cooldown is over for so long.
    private func told(
        _ milliseconds: Int64 = 5_000,
        isOurs: Bool = false,
        of candidates: Int = 2,
        policy change: (inout GroupPolicy) -> Void = { _ in },
        before: (inout RoutingBench) -> Void = { _ in }
    ) -> (RoutingBench, RoutingState.FleetEffect) {
        var bench = RoutingBench(candidates, policy: change)
        before(&bench)
        let effect = tell(&bench, milliseconds, isOurs: isOurs)
        return (bench, effect)
    }

    private func tell(
        _ bench: inout RoutingBench,
        _ milliseconds: Int64,
        isOurs: Bool = false
    ) -> RoutingState.FleetEffect {
        let ends = Int64(bench.now.nanoseconds) + milliseconds * 1_000_000
        return bench.state.cool(
            0,
            withFleetUntil: UInt64(ends),
            isOurs: isOurs,
            in: bench.group,
            at: bench.now
        )
    }

    private func refusal(_ kind: FailureKind) -> AttemptOutcome {
        .failure(AttemptFailure(kind, status: 0, isAnswered: true))
    }

    // MARK: Taking the fleet's word

    @Test("keep requests away, and run out by themselves when nobody speaks any more")
    func runsOut() throws {
        var (bench, effect) = told()
        #expect(effect == .begins)
        #expect(bench.counts(rounds: 100) == [0, 100])
        bench.pass(milliseconds: 4_999)
        #expect(bench.counts(rounds: 100) == [0, 100])
        bench.pass(milliseconds: 1)
        bench[1].cooldownEnds = .max
        #expect(try bench.take().isProbe)
    }

    @Test("are said again each second, and begin once")
    func again() {
        var (bench, _) = told()
        bench.pass(milliseconds: 1_000)
        #expect(tell(&bench, 4_000) == .none)
        #expect(bench[0].fleet.ends == bench.now.adding(milliseconds: 4_000))
    }

    @Test("do not take the only candidate of a group")
    func lone() {
        let (bench, effect) = told(of: 1)
        #expect(effect == .none)
        #expect(bench[0].cooldownEnds == 0)
    }

    @Test("mean nothing where cooldowns are turned off")
    func disabled() {
        var (bench, effect) = told(policy: { $0.cooldown.isDisabled = true })
        #expect(effect == .none && bench[0].cooldownEnds == 0)
        var override = CooldownPolicy.Override()
        override.cooldownMS = 0
        bench = RoutingBench(2)
        bench.group.override(cooldown: override, of: 0)
        #expect(tell(&bench, 5_000) == .none && bench[0].cooldownEnds == 0)
    }

    @Test("end when the last neighbour goes: then nobody else is there to ask")
    func becomesLone() {
        var (bench, _) = told()
        bench.group = RoutingBench(1).group
        #expect(tell(&bench, 4_000) == .opens)
        #expect(bench[0].isHalfOpen(at: bench.now) && !bench[0].fleet.isOn)
    }

    @Test("are of endpoints of the group only")
    func stranger() {
        var bench = RoutingBench(2)
        bench.group = CandidateGroup(policy: GroupPolicy())
        #expect(tell(&bench, 5_000) == .none && bench[0].cooldownEnds == 0)
    }

    // MARK: After their end

    @Test("spare the endpoint for another sidecar's try, as long as the fleet is heard")
    func spares() {
        var (bench, _) = told(1)
        for _ in 0..<5 {
            bench.pass(milliseconds: 1_000)
            #expect(tell(&bench, -1_000) == .none)
            #expect(bench.counts(rounds: 100) == [0, 100])
        }
        bench.pass(milliseconds: FleetCooldown.lapseMS)
        #expect(bench[0].isHalfOpen(at: bench.now))
    }

    @Test("spare nothing where no other candidate can be chosen")
    func sparesNothing() {
        var (bench, _) = told(1, before: { $0[1].cooldownEnds = .max })
        #expect(bench.choose() == .wait(.cooldown(ends: bench.now.adding(milliseconds: 1))))
        bench.pass(milliseconds: 1)
        #expect(tell(&bench, 0) == .none)
        #expect(bench[0].isHalfOpen(at: bench.now))
    }

    @Test("leave one request to the sidecar that is to try")
    func ours() throws {
        var (bench, _) = told(1)
        bench.pass(milliseconds: 1)
        #expect(tell(&bench, 0, isOurs: true) == .opens)
        bench[1].cooldownEnds = .max
        let probe = try bench.take()
        #expect(probe.slot == 0 && probe.isProbe)
        #expect(bench.choose() == .wait(.cooldown(ends: .max)))
        // Said again while it is under way, that changes nothing.
        #expect(tell(&bench, -500, isOurs: true) == .none)
        #expect(bench.finish(probe, .success).hasRecovered)
        #expect(bench[0].cooldownEnds == 0 && !bench[0].fleet.isOn)
    }

    /// What came of the one try, and what the others hear.
    private static let tries: [(AttemptOutcome, SharedOutcome.Kind?)] = [
        (.success, .recovered),
        (
            .failure(AttemptFailure(.rateLimited, status: 429, isAnswered: true)),
            .cooled(milliseconds: 5_000)
        ),
        (
            .failure(
                AttemptFailure(.rateLimited, status: 429, retryAfterMS: 9_000, isAnswered: true)
            ),
            .cooled(milliseconds: 9_000)
        ),
        (
            .failure(AttemptFailure(.serviceUnavailable, status: 503, isAnswered: true)),
            .cooled(milliseconds: 5_000)
        ),
        (.failure(.connection), .yielded),
        (.failure(.timeout), .yielded),
        (.failure(AttemptFailure(.authentication, status: 401, isAnswered: true)), .yielded),
        (.failure(.badGateway), .yielded),
        (.failure(AttemptFailure(.badRequest, status: 400, isAnswered: true)), .recovered),
        (.abandoned, nil),
        (.unused, nil),
    ]

    @Test("are everyone's again, or nobody's, by what that request comes to", arguments: tries)
    func result(outcome: AttemptOutcome, expected: SharedOutcome.Kind?) throws {
        var (bench, _) = told(0, isOurs: true)
        let probe = try bench.take(RequestTraits(pinned: 0))
        #expect(probe.isProbe)
        let shared = bench.finish(probe, outcome).shared
        #expect(shared?.kind == expected)
        #expect(shared == nil || shared?.key == bench.state.key(of: 0))
    }

    @Test("give no say to a try for a cooldown of one's own")
    func ownTry() throws {
        var bench = RoutingBench(2)
        bench.attempt(0, refusal(.rateLimited))
        bench.pass(milliseconds: 5_000)
        let probe = try bench.take(RequestTraits(pinned: 0))
        #expect(probe.isProbe)
        #expect(bench.finish(probe, .success).shared == nil)
    }

    // MARK: What is one's own

    @Test(
        "are told of what an upstream itself has answered only",
        arguments: FailureKind.allCases
    )
    func shared(kind: FailureKind) {
        let isShared =
            [.rateLimited, .internalServer, .badGateway, .serviceUnavailable].contains(kind)
        for isAnswered in [true, false] {
            var bench = RoutingBench(2)
            var effect = OutcomeEffect()
            for _ in 0..<5 where effect.cooldownMS == nil {
                effect = bench.attempt(
                    0,
                    .failure(AttemptFailure(kind, status: 0, isAnswered: isAnswered))
                )
            }
            if isShared, isAnswered {
                #expect(effect.shared?.kind == .cooled(milliseconds: 5_000))
            } else {
                #expect(effect.shared == nil)
            }
        }
    }

    /// The process' own cooldown and the fleet's, in milliseconds; whether its own is trouble of
    /// its own; and how long it cools in all, and after the fleet has found the endpoint well: 0
    /// is half open, nil is open to all.
    private static let both:
        [(own: Int64, fleets: Int64, isTrouble: Bool, all: UInt64, then: UInt64?)] =
            [
                (own: 5_000, fleets: 9_000, isTrouble: false, all: 9_000, then: 5_000),
                (own: 9_000, fleets: 5_000, isTrouble: false, all: 9_000, then: 9_000),
                (own: 9_000, fleets: 5_000, isTrouble: true, all: 9_000, then: 9_000),
                (own: 0, fleets: 5_000, isTrouble: false, all: 5_000, then: nil),
                (own: 0, fleets: 5_000, isTrouble: true, all: 5_000, then: 0),
                (own: -700, fleets: 100, isTrouble: false, all: 3_000, then: nil),
            ]

    @Test("last no less long than one's own, and leave that alone when they end", arguments: both)
    func withOwn(
        own: Int64,
        fleets: Int64,
        isTrouble: Bool,
        all: UInt64,
        then: UInt64?
    ) {
        var (bench, _) = told(
            fleets,
            before: { bench in
                let ends = Int64(bench.now.nanoseconds) + own * 1_000_000
                bench[0].cooldownEnds = UInt64(ends)
                bench[0].hasOwnTrouble = isTrouble
            }
        )
        #expect(bench[0].cooldownEnds == bench.now.adding(milliseconds: all))
        let effect = bench.state.recoverWithFleet(0, at: bench.now)
        #expect(effect == (then == nil ? .recovers : .none))
        let left = then.map { bench.now.adding(milliseconds: $0) }
        #expect(bench[0].cooldownEnds == left ?? 0)
        #expect(!bench[0].fleet.isOn)
    }

    @Test("end at once, but for one's own, where the fleet is left")
    func leaving() {
        var (bench, _) = told()
        #expect(bench.state.leaveFleet(0, at: bench.now) == .opens)
        #expect(bench[0].isHalfOpen(at: bench.now))
        #expect(bench.state.leaveFleet(0, at: bench.now) == .none)
        (bench, _) = told(9_000, before: { $0.attempt(0, refusal(.rateLimited)) })
        #expect(bench.state.leaveFleet(0, at: bench.now) == .none)
        #expect(bench[0].cooldownEnds == bench.now.adding(milliseconds: 5_000))
    }

    @Test("that nobody speaks of are not ended by others' success")
    func nothingToEnd() {
        var bench = RoutingBench(2)
        bench.attempt(0, refusal(.rateLimited))
        #expect(bench.state.recoverWithFleet(0, at: bench.now) == .none)
        #expect(bench[0].isCooling(at: bench.now))
    }

    // MARK: Who would try

    @Test("are tried by those whose requests want it, after their end")
    func wishes() throws {
        var (bench, _) = told(2_000)
        _ = bench.choose()
        #expect(bench.state.takeWishes(at: bench.now).isEmpty, "not over yet")
        bench.pass(milliseconds: 2_000)
        _ = tell(&bench, 0)
        #expect(bench.state.takeWishes(at: bench.now).isEmpty, "no request came by")
        _ = bench.choose()
        let key = try #require(bench.state.key(of: 0))
        #expect(bench.state.takeWishes(at: bench.now) == [key])
        #expect(bench.state.takeWishes(at: bench.now).isEmpty, "asked once a request")
        // Requests that it could not have served do not count.
        _ = bench.choose(RequestTraits(pinned: 1))
        #expect(bench.state.takeWishes(at: bench.now).isEmpty)
        // One that is under way does as long as it takes.
        _ = tell(&bench, 0, isOurs: true)
        _ = try bench.take(RequestTraits(pinned: 0))
        for _ in 0..<3 {
            #expect(bench.state.takeWishes(at: bench.now).contains(key))
        }
    }

    @Test("are not tried while a longer one of one's own lasts")
    func noWish() {
        var (bench, _) = told(1, before: { $0.attempt(0, refusal(.rateLimited)) })
        bench.pass(milliseconds: 2_000)
        _ = tell(&bench, -1_999)
        _ = bench.choose()
        #expect(bench.state.takeWishes(at: bench.now).isEmpty)
        bench.pass(milliseconds: 3_000)
        _ = tell(&bench, -4_999)
        _ = bench.choose()
        #expect(bench.state.takeWishes(at: bench.now).count == 1)
    }
}

extension RequestTraits {
    fileprivate init(pinned deployment: Int32) {
        self.init()
        pinnedDeployment = deployment
    }
}
