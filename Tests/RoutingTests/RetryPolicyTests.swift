import Testing

@testable import Routing

@Suite("The retry policy")
struct RetryPolicyTests {
    private func decide(
        _ kind: FailureKind,
        retryAfterMS: UInt64? = nil,
        sentNothing: Bool = false,
        policy: RetryPolicy = RetryPolicy(),
        seed: UInt64 = 1,
        _ change: (inout RetryPolicy.Situation) -> Void = { _ in }
    ) -> RetryPolicy.Decision {
        var situation = RetryPolicy.Situation()
        change(&situation)
        var generator = FastGenerator(seed: seed)
        return policy.decide(
            AttemptFailure(kind, status: 0, retryAfterMS: retryAfterMS, sentNothing: sentNothing),
            situation,
            using: &generator
        )
    }

    private func isAgain(_ decision: RetryPolicy.Decision) -> Bool {
        if case .again = decision { true } else { false }
    }

    private static let always: [FailureKind] = [
        .connection, .timeout, .conflict, .rateLimited, .internalServer, .badGateway,
        .serviceUnavailable,
    ]
    private static let withOthers: [FailureKind] = [
        .authentication, .paymentRequired, .forbidden, .notImplemented,
    ]
    private static let notAtAll: [FailureKind] = [
        .badRequest, .contextWindow, .contentPolicy, .modelNotFound, .pathNotFound,
    ]

    @Test("has a rule for every kind of failure")
    func complete() {
        let all = Self.always + Self.withOthers + Self.notAtAll
        #expect(Set(all) == Set(FailureKind.allCases))
        #expect(all.count == FailureKind.allCases.count)
    }

    @Test("tries again what may come to something else", arguments: always)
    func transient(kind: FailureKind) {
        #expect(isAgain(decide(kind)))
        #expect(decide(kind) { $0.hasUntried = true } == .again(afterMS: 0, costs: true))
    }

    @Test("tries elsewhere what a deployment lacks", arguments: withOthers)
    func elsewhere(kind: FailureKind) {
        #expect(decide(kind) == .stop(.notRetryable))
        #expect(isAgain(decide(kind) { $0.hasOther = true }))
    }

    @Test("tries what is said to be worth one more try once, unless somebody asked for more")
    func once() {
        var failure = AttemptFailure(.timeout, status: 408)
        failure.retriesMax = 1
        func decide(
            _ retries: Int,
            _ policy: RetryPolicy = RetryPolicy(),
            requested: Int? = nil
        ) -> Bool {
            var generator = FastGenerator(seed: 1)
            var situation = RetryPolicy.Situation()
            situation.retries = retries
            situation.requested = requested
            return isAgain(policy.decide(failure, situation, using: &generator))
        }
        #expect(decide(0) && !decide(1))
        #expect(decide(1, requested: 2) && !decide(2, requested: 2))
        #expect(!decide(0, requested: 0))
        var policy = RetryPolicy()
        policy.counts[.timeout] = 3
        #expect(decide(2, policy) && !decide(3, policy))
        policy = RetryPolicy()
        policy.count = 0
        #expect(!decide(0, policy))
    }

    @Test("tries elsewhere what an upstream says of its deployment", arguments: notAtAll)
    func ofDeployment(kind: FailureKind) {
        let failure = AttemptFailure(kind, status: 404, isOfDeployment: true)
        var generator = FastGenerator(seed: 1)
        var situation = RetryPolicy.Situation()
        let alone = RetryPolicy().decide(failure, situation, using: &generator)
        #expect(alone == .stop(.notRetryable))
        situation.hasOther = true
        situation.hasUntried = true
        let other = RetryPolicy().decide(failure, situation, using: &generator)
        #expect(other == .again(afterMS: 0, costs: true))
    }

    @Test("does not try again what would fail again", arguments: notAtAll)
    func permanent(kind: FailureKind) {
        let decision = decide(kind) {
            $0.hasOther = true
            $0.hasUntried = true
            $0.requested = 5
            $0.deployment = 5
        }
        #expect(decision == .stop(.notRetryable))
        // Unless a policy says so by name.
        var policy = RetryPolicy()
        policy.counts = [kind: 1]
        #expect(isAgain(decide(kind, policy: policy)))
        #expect(decide(kind, policy: policy) { $0.retries = 1 } == .stop(.countSpent))
    }

    @Test(
        "counts by the request, the policy, the deployment, the table, in this order",
        arguments: [
            (nil, nil, nil, nil, 2), (nil, nil, nil, 4, 4), (nil, nil, 3, 4, 3), (nil, 1, 3, 4, 1),
            (5, 1, 3, 4, 5), (0, 1, 3, 4, 0), (nil, 0, 3, 4, 0), (nil, nil, 0, 4, 0),
            (-1, 1, 3, 4, 0), (nil, nil, nil, 0, 0),
        ] as [(Int?, Int?, Int?, Int?, Int)]
    )
    func counts(request: Int?, kind: Int?, deployment: Int?, table: Int?, expected: Int) {
        var policy = RetryPolicy()
        policy.counts[.timeout] = kind
        if let table { policy.count = table }
        for retries in 0..<7 {
            let decision = decide(.timeout, policy: policy) {
                $0.requested = request
                $0.deployment = deployment
                $0.retries = retries
            }
            #expect(isAgain(decision) == (retries < expected))
            if retries >= expected { #expect(decision == .stop(.countSpent)) }
        }
    }

    @Test("does not count a candidate without a connection while another is untried")
    func sentNothing() {
        let elsewhere = decide(.connection, sentNothing: true) {
            $0.hasUntried = true
            $0.retries = 100
        }
        #expect(elsewhere == .again(afterMS: 0, costs: false))
        // The last one counts, or a request would go on until its deadline.
        let last = decide(.connection, sentNothing: true) { $0.retries = 2 }
        #expect(last == .stop(.countSpent))
        guard case .again(_, costs: true) = decide(.connection, sentNothing: true) else {
            Issue.record("a retry that must count")
            return
        }
        // Nothing was sent, so it is no retry even for those who want none.
        let none = decide(.connection, sentNothing: true) {
            $0.hasUntried = true
            $0.requested = 0
        }
        #expect(none == .again(afterMS: 0, costs: false))
        // Thousands of dead ones are not all asked by each request.
        let many = decide(.connection, sentNothing: true) {
            $0.hasUntried = true
            $0.passedOver = RetryPolicy.passedOverMax
            $0.retries = 2
        }
        #expect(many == .stop(.countSpent))
    }

    @Test("falls back at a spent limit rather than waiting for it")
    func rateLimit() {
        #expect(decide(.rateLimited) { $0.hasFallback = true } == .stop(.fallback))
        #expect(isAgain(decide(.timeout) { $0.hasFallback = true }))
        let elsewhere = decide(.rateLimited) {
            $0.hasFallback = true
            $0.hasUntried = true
        }
        #expect(elsewhere == .again(afterMS: 0, costs: true))
    }

    /// The least and the most of many waits.
    private func waits(
        _ waits: Int,
        retryAfterMS: UInt64? = nil,
        waitMinMS: UInt64 = 0
    ) -> ClosedRange<UInt64> {
        var policy = RetryPolicy()
        policy.waitMinMS = waitMinMS
        var found: [UInt64] = []
        for seed in 0..<3_000 as Range<UInt64> {
            let decision = decide(
                .rateLimited,
                retryAfterMS: retryAfterMS,
                policy: policy,
                seed: seed
            ) { $0.waits = waits }
            if case .again(let wait, _) = decision { found.append(wait) }
        }
        #expect(found.count == 3_000)
        return (found.min() ?? 0)...(found.max() ?? 0)
    }

    @Test(
        "waits twice as long each time, up to 8 s, and up to 0.75 s by chance",
        arguments: [
            (0, 500), (1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000), (5, 8_000), (1_000, 8_000),
        ] as [(Int, UInt64)]
    )
    func doubling(waits count: Int, base: UInt64) {
        let found = waits(count)
        #expect((base...base + 5).contains(found.lowerBound))
        #expect((base + 745...base + 750).contains(found.upperBound))
    }

    @Test(
        "waits as the upstream asks for, at least as long as the table says",
        arguments: [
            (1_000, 0, 1_000), (60_000, 0, 60_000), (60_001, 0, 500), (.max, 0, 500), (0, 0, 500),
            (1_000, 3_000, 3_000), (nil, 3_000, 3_000), (nil, 100, 500),
        ] as [(UInt64?, UInt64, UInt64)]
    )
    func retryAfter(asked: UInt64?, least: UInt64, base: UInt64) {
        let found = waits(0, retryAfterMS: asked, waitMinMS: least)
        #expect((base...base + 5).contains(found.lowerBound))
        #expect((base + 745...base + 750).contains(found.upperBound))
    }

    @Test("does not begin a wait that would pass the deadline")
    func deadline() {
        #expect(decide(.timeout) { $0.leftMS = 500 } == .stop(.noTime))
        #expect(isAgain(decide(.timeout) { $0.leftMS = 1_251 }))
        let untried = decide(.timeout) {
            $0.hasUntried = true
            $0.leftMS = 1
        }
        #expect(untried == .again(afterMS: 0, costs: true))
        let late = decide(.timeout) {
            $0.hasUntried = true
            $0.leftMS = 0
        }
        #expect(late == .stop(.noTime))
        let asked = decide(.rateLimited, retryAfterMS: 30_000) { $0.leftMS = 30_000 }
        #expect(asked == .stop(.noTime))
    }
}

@Suite("The retry budget")
struct RetryBudgetTests {
    private func moment(_ seconds: Double) -> Moment {
        Moment(nanoseconds: UInt64((1_000_000 + seconds) * 1e9), minute: 0)
    }

    private func taken(_ budget: inout RetryBudget, at now: Moment) -> Int {
        var count = 0
        while count < 100_000, budget.takeRetry(at: now) { count += 1 }
        #expect(budget.isSpent(at: now))
        return count
    }

    @Test("has ten retries every second, whatever the requests")
    func floor() {
        var budget = RetryBudget()
        #expect(!budget.isSpent(at: moment(0)))
        for second in 0..<30 {
            #expect(taken(&budget, at: moment(Double(second))) == 10)
            #expect(taken(&budget, at: moment(Double(second) + 0.999)) == 0)
        }
        #expect(budget.counts(at: moment(29)).retries == 100)
    }

    @Test("has a fifth of the requests of ten seconds")
    func share() {
        var budget = RetryBudget()
        for second in 0..<10 {
            for _ in 0..<100 { budget.addRequest(at: moment(Double(second))) }
        }
        #expect(budget.counts(at: moment(9)).requests == 1_000)
        #expect(taken(&budget, at: moment(9.5)) == 200)
        // The first second is out of sight, and 100 requests with it; the retries are not.
        #expect(taken(&budget, at: moment(10)) == 10)
        #expect(budget.counts(at: moment(10)).requests == 900)
        #expect(budget.counts(at: moment(10)).retries == 210)
        // After another ten nothing is left.
        #expect(budget.counts(at: moment(20)) == RetryBudget.Counts())
    }

    @Test("forgets what is older than ten seconds, however long the pause")
    func pause() {
        var budget = RetryBudget()
        for _ in 0..<1_000 { budget.addRequest(at: moment(0)) }
        #expect(budget.counts(at: moment(9.9)).requests == 1_000)
        #expect(budget.counts(at: moment(10)).requests == 0)
        #expect(taken(&budget, at: moment(10_000)) == 10)
        // A process that has just begun.
        var young = RetryBudget()
        let start = Moment(nanoseconds: 5, minute: 0)
        for _ in 0..<100 { young.addRequest(at: start) }
        #expect(taken(&young, at: start) == 20)
    }

    @Test("allows at most a fifth over any stretch of steady load")
    func steady() {
        var budget = RetryBudget()
        var (requests, retries) = (0, 0)
        for step in 0..<60_000 {
            let now = moment(Double(step) / 1_000)
            budget.addRequest(at: now)
            requests += 1
            // Every request wants to be retried twice.
            for _ in 0..<2 where budget.takeRetry(at: now) { retries += 1 }
        }
        #expect(Double(retries) / Double(requests) <= 0.201)
        #expect(Double(retries) / Double(requests) >= 0.19)
    }

    @Test("takes over what another process counted")
    func restore() {
        var budget = RetryBudget()
        var counts = RetryBudget.Counts()
        counts.requests = 100
        counts.retries = 20
        budget.restore(counts, at: moment(3))
        #expect(budget.counts(at: moment(3)) == counts)
        #expect(budget.isSpent(at: moment(3)))
        #expect(!budget.isSpent(at: moment(4)))
    }
}
