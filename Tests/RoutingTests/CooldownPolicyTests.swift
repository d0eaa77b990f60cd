import Testing

@testable import Routing

@Suite("The cooldown policy")
struct CooldownPolicyTests {
    private static let lone = CooldownPolicy.Neighbours(hasOthers: false, hasAvailable: false)
    private static let last = CooldownPolicy.Neighbours(hasOthers: true, hasAvailable: false)
    private static let usual = CooldownPolicy.Neighbours(hasOthers: true, hasAvailable: true)
    private static let now = Moment(nanoseconds: 1_000_000_000_000, minute: 7)

    private func judge(
        _ kind: FailureKind,
        retryAfterMS: UInt64? = nil,
        attempts: Int = 1,
        failures: Int = 1,
        policy: CooldownPolicy = CooldownPolicy(),
        override: CooldownPolicy.Override? = nil,
        neighbours: CooldownPolicy.Neighbours = usual,
        wasProbe: Bool = false
    ) -> UInt64? {
        var use = MinuteUse.Counts()
        use.attempts = Int64(attempts)
        use.failures = Int64(failures)
        var fails = FailureCounts()
        return policy.judge(
            AttemptFailure(kind, status: 0, retryAfterMS: retryAfterMS),
            use: use,
            fails: &fails,
            override: override,
            neighbours: neighbours,
            wasProbe: wasProbe,
            at: Self.now
        )
    }

    private static let never: [FailureKind] = [
        .badRequest, .contextWindow, .contentPolicy, .forbidden, .pathNotFound, .conflict,
        .notImplemented,
    ]
    private static let unlessLast: [FailureKind] = [
        .authentication, .paymentRequired, .modelNotFound,
    ]
    private static let byShare: [FailureKind] = [
        .connection, .timeout, .internalServer, .badGateway, .serviceUnavailable,
    ]

    @Test("has a rule for every kind of failure")
    func complete() {
        let ruled = Self.never + Self.unlessLast + Self.byShare + [.rateLimited]
        #expect(Set(ruled) == Set(FailureKind.allCases))
        #expect(ruled.count == FailureKind.allCases.count)
    }

    @Test("cools nothing for what is the client's", arguments: never)
    func clientsOwn(kind: FailureKind) {
        for neighbours in [Self.lone, Self.last, Self.usual] {
            #expect(judge(kind, attempts: 2_000, failures: 2_000, neighbours: neighbours) == nil)
            #expect(judge(kind, retryAfterMS: 1_000, neighbours: neighbours) == nil)
            #expect(judge(kind, neighbours: neighbours, wasProbe: true) == nil)
        }
    }

    @Test("cools for what a deployment lacks, but not the last one", arguments: unlessLast)
    func lacking(kind: FailureKind) {
        #expect(judge(kind) == 5_000)
        #expect(judge(kind, attempts: 100) == 5_000)
        #expect(judge(kind, attempts: 2_000, failures: 2_000, neighbours: Self.last) == nil)
        #expect(judge(kind, attempts: 2_000, failures: 2_000, neighbours: Self.lone) == nil)
    }

    @Test("cools for a spent limit, unless there is one candidate only")
    func rateLimited() {
        #expect(judge(.rateLimited) == 5_000)
        #expect(judge(.rateLimited, neighbours: Self.last) == 5_000)
        #expect(
            judge(.rateLimited, attempts: 2_000, failures: 2_000, neighbours: Self.lone) == nil
        )
    }

    @Test(
        "cools for errors when more than half of five attempts failed",
        arguments: byShare,
        [
            (1, 1, false), (4, 4, false), (5, 2, false), (5, 3, true), (5, 5, true), (6, 3, false),
            (6, 4, true), (1_000, 500, false), (1_000, 501, true),
        ]
    )
    func share(kind: FailureKind, use: (attempts: Int, failures: Int, cools: Bool)) {
        let found = judge(kind, attempts: use.attempts, failures: use.failures)
        #expect(found == (use.cools ? 5_000 : nil))
        let last = judge(
            kind,
            attempts: use.attempts,
            failures: use.failures,
            neighbours: Self.last
        )
        #expect(last == found)
    }

    @Test(
        "cools a lone candidate when all of a thousand attempts failed",
        arguments: byShare,
        [(999, 999, false), (1_000, 999, false), (1_000, 1_000, true), (2_000, 2_000, true)]
    )
    func loneCandidate(kind: FailureKind, use: (attempts: Int, failures: Int, cools: Bool)) {
        var allowing = CooldownPolicy()
        allowing.allowedFails = 0
        for policy in [CooldownPolicy(), allowing] {
            let found = judge(
                kind,
                attempts: use.attempts,
                failures: use.failures,
                policy: policy,
                neighbours: Self.lone
            )
            #expect(found == (use.cools ? 5_000 : nil))
        }
    }

    @Test("cools at once again what was on trial, but for the same exceptions")
    func probe() {
        for kind in Self.byShare {
            #expect(judge(kind, wasProbe: true) == 5_000)
            #expect(judge(kind, neighbours: Self.last, wasProbe: true) == 5_000)
            #expect(judge(kind, neighbours: Self.lone, wasProbe: true) == 5_000)
        }
        for kind in Self.unlessLast {
            #expect(judge(kind, wasProbe: true) == 5_000)
            #expect(judge(kind, neighbours: Self.last, wasProbe: true) == nil)
        }
        #expect(judge(.rateLimited, neighbours: Self.lone, wasProbe: true) == nil)
        var allowing = CooldownPolicy()
        allowing.allowedFails = 100
        #expect(judge(.timeout, policy: allowing, wasProbe: true) == 5_000)
    }

    @Test(
        "cools as long as the deployment, the upstream, the table say, in this order",
        arguments: [
            (nil, nil, 7_000), (nil, 1_500, 1_500), (nil, 0, nil), (3_000, nil, 3_000),
            (3_000, 1_500, 3_000), (3_000, 0, 3_000), (0, nil, nil), (0, 1_500, nil),
            (nil, 600_000, 600_000), (nil, 600_001, 600_000), (nil, .max, 600_000),
            (900_000, .max, 900_000),
        ] as [(UInt64?, UInt64?, UInt64?)]
    )
    func duration(own: UInt64?, asked: UInt64?, expected: UInt64?) {
        var policy = CooldownPolicy()
        policy.cooldownMS = 7_000
        var override = CooldownPolicy.Override()
        override.cooldownMS = own
        for wasProbe in [false, true] {
            let found = judge(
                .rateLimited,
                retryAfterMS: asked,
                policy: policy,
                override: override,
                wasProbe: wasProbe
            )
            #expect(found == expected)
        }
    }

    @Test("cools nothing where the table's time is 0, or cooldowns are off")
    func disabled() {
        var zero = CooldownPolicy()
        zero.cooldownMS = 0
        #expect(judge(.rateLimited, policy: zero) == nil)
        #expect(judge(.rateLimited, retryAfterMS: 100, policy: zero) == 100)
        var off = CooldownPolicy()
        off.isDisabled = true
        for kind in FailureKind.allCases {
            let found = judge(
                kind,
                retryAfterMS: 1_000,
                attempts: 2_000,
                failures: 2_000,
                policy: off,
                wasProbe: true
            )
            #expect(found == nil)
        }
    }
}

@Suite("Allowed failures")
struct AllowedFailsTests {
    private let usual = CooldownPolicy.Neighbours(hasOthers: true, hasAvailable: true)
    private var now = Moment(nanoseconds: 1_000_000_000_000, minute: 7)

    /// After which of so many failures in a row the candidate cools.
    private func cooling(
        _ kinds: [FailureKind],
        _ policy: CooldownPolicy,
        _ override: CooldownPolicy.Override? = nil,
        everyMS: UInt64 = 1
    ) -> [Int] {
        var fails = FailureCounts()
        var now = now
        var cooling: [Int] = []
        for (index, kind) in kinds.enumerated() {
            let found = policy.judge(
                AttemptFailure(kind, status: 0),
                use: MinuteUse.Counts(),
                fails: &fails,
                override: override,
                neighbours: usual,
                wasProbe: false,
                at: now
            )
            if found != nil { cooling.append(index + 1) }
            now.nanoseconds = now.adding(milliseconds: everyMS)
        }
        return cooling
    }

    private func times(_ count: Int, _ kind: FailureKind) -> [FailureKind] {
        [FailureKind](repeating: kind, count: count)
    }

    @Test("are exceeded by one more than there may be")
    func general() {
        var policy = CooldownPolicy()
        for allowed in [0, 1, 5] {
            policy.allowedFails = allowed
            for kind in [FailureKind.timeout, .rateLimited, .authentication] {
                #expect(cooling(times(allowed + 1, kind), policy) == [allowed + 1])
            }
        }
    }

    @Test("count all kinds together, but not the client's")
    func together() {
        var policy = CooldownPolicy()
        policy.allowedFails = 2
        let kinds: [FailureKind] = [
            .badRequest, .timeout, .pathNotFound, .rateLimited, .contextWindow, .badGateway,
        ]
        #expect(cooling(kinds, policy) == [6])
        #expect(cooling(times(10, .badRequest), policy) == [])
    }

    @Test("count within a cooldown's time")
    func window() {
        var policy = CooldownPolicy()
        policy.allowedFails = 1
        policy.cooldownMS = 1_000
        #expect(cooling(times(4, .timeout), policy, everyMS: 999) == [2, 4])
        #expect(cooling(times(4, .timeout), policy, everyMS: 1_000) == [])
        var override = CooldownPolicy.Override()
        override.cooldownMS = 2_000
        #expect(cooling(times(4, .timeout), policy, override, everyMS: 1_000) == [2, 4])
    }

    @Test("of a kind are counted apart, the client's too")
    func byKind() {
        var policy = CooldownPolicy()
        policy.allowedFails = 100
        policy.allowedByKind = [.timeout: 1, .badRequest: 2]
        let kinds: [FailureKind] = [
            .timeout, .badRequest, .rateLimited, .badRequest, .timeout, .badRequest,
        ]
        #expect(cooling(kinds, policy) == [5, 6])
    }

    @Test("of other kinds go by the table when only some have a policy")
    func others() {
        var policy = CooldownPolicy()
        policy.allowedByKind = [.timeout: 5]
        #expect(cooling([.timeout, .rateLimited], policy) == [2])
    }

    @Test("of the deployment come before those of the table")
    func override() {
        var policy = CooldownPolicy()
        policy.allowedFails = 5
        policy.allowedByKind = [.timeout: 1]
        var override = CooldownPolicy.Override()
        override.allowedFails = 0
        #expect(cooling(times(2, .rateLimited), policy, override) == [1, 2])
        // A count for the kind is more exact than one for all.
        #expect(cooling(times(2, .timeout), policy, override) == [2])
        override.allowedByKind = [.timeout: 0]
        #expect(cooling(times(2, .timeout), policy, override) == [1, 2])
    }
}
