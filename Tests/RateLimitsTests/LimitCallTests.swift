import RateLimits
import Testing

@Suite("A call of a limiter's script")
struct LimitCallTests {
    private let keys = LimitKeys(namespace: "n")
    private let key = LimitRule(LimitSubject(.key, "k"), requests: 5, tokens: 100)
    private let team = LimitRule(LimitSubject(.team, "t"), parallelRequests: 2)
    private let deployment = LimitRule(LimitSubject(.deployment, "d"), tokens: 50)

    private func wish() throws -> LimitWish {
        LimitWish(
            rules: [try #require(key), try #require(team)],
            candidates: [[try #require(deployment)], []],
            tokens: TokenEstimate(input: 60, output: 20)
        )
    }

    @Test("names the counters in order, each with its limit and what is taken")
    func admit() throws {
        let call = LimitCall.admit(try wish(), keys, member: "m")
        #expect(
            call.keys.map(\.text) == [
                "sg:1:{sg:n}:r:api_key:k", "sg:1:{sg:n}:t:api_key:k", "sg:1:{sg:n}:p:team:t",
                "sg:1:{sg:n}:t:deployment:d",
            ]
        )
        #expect(
            call.arguments == [
                .text("m"), .number(15_000), .number(3), .number(2), .number(1), .number(0),
                .text("w"), .number(5), .number(1), .text("w"), .number(100), .number(80),
                .text("p"), .number(2), .number(1), .text("w"), .number(50), .number(50),
            ]
        )
    }

    @Test("reads what was granted")
    func granted() throws {
        let decision = try wish().decision([1, 1, 777, 4, 20, 1, 0])
        guard case .granted(let receipt)? = decision else {
            Issue.record("\(String(describing: decision))")
            return
        }
        #expect(receipt.step == 777)
        #expect(receipt.candidate == 0)
        #expect(receipt.charges.map(\.tokens) == [80, 0, 50])
        #expect(receipt.charges[0].requestsLeft == 4)
        #expect(receipt.charges[0].tokensLeft == 20)
        #expect(receipt.charges[1].placesLeft == 1)
        #expect(receipt.charges[2].tokensLeft == 0)
    }

    @Test(
        "reads whose limit it was that refused",
        arguments: [
            (1, LimitScope.key, LimitKind.requests, 5), (2, .key, .tokens, 100),
            (3, .team, .parallelRequests, 2), (4, .deployment, .tokens, 50),
        ] as [(Int64, LimitScope, LimitKind, Int64)]
    )
    func refused(counter: Int64, scope: LimitScope, kind: LimitKind, limit: Int64) throws {
        let decision = try wish().decision([0, counter, 1, 900])
        guard case .refused(let refusal)? = decision else {
            Issue.record("\(String(describing: decision))")
            return
        }
        #expect(refusal.subject.scope == scope)
        #expect(refusal.kind == kind)
        #expect(refusal.limit == limit)
        #expect(refusal.remaining == 1)
        #expect(refusal.retryAfterMS == 900)
    }

    @Test(
        "takes nothing else for an answer",
        arguments: [
            [], [1], [1, 0, 777, 4, 20, 1], [1, 3, 777, 4, 20, 1], [1, 1, 777, 4], [0, 0, 1, 900],
            [0, 5, 1, 900], [0, 1, 1], [0, 1, 1, 900, 3],
        ] as [[Int64]]
    )
    func wrong(answer: [Int64]) throws {
        #expect(try wish().decision(answer) == nil)
    }

    @Test("settles what differs, and every place")
    func settle() throws {
        guard case .granted(let receipt)? = try wish().decision([1, 2, 9, 4, 20, 1]) else {
            Issue.record("not granted")
            return
        }
        let used = LimitCall.settle(
            receipt,
            .used(TokenCount(input: 60, output: 5)),
            keys,
            member: "m"
        )
        #expect(used?.keys.map(\.text) == ["sg:1:{sg:n}:t:api_key:k", "sg:1:{sg:n}:p:team:t"])
        #expect(
            used?.arguments == [
                .text("m"), .text("w"), .number(9), .number(-15), .text("p"), .number(9),
                .number(0),
            ]
        )
        let unused = LimitCall.settle(receipt, .unused, keys, member: "m")
        #expect(unused?.keys.count == 3)
        let requests = LimitReceipt(
            step: 1,
            candidate: nil,
            tokens: TokenEstimate(),
            charges: [LimitCharge(try #require(key))]
        )
        #expect(LimitCall.settle(requests, .unknown, keys, member: "") == nil)
    }

    @Test("renews all places of a key at once, and says nothing of none")
    func renew() {
        #expect(LimitCall.renew([:]) == nil)
        let key = keys.counter(LimitSubject(.team, "t"), .parallelRequests)
        let call = LimitCall.renew([key: ["m"]])
        #expect(call?.keys.map(\.text) == ["sg:1:{sg:n}:p:team:t"])
        #expect(call?.arguments == [.number(15_000), .number(1), .text("m")])
    }
}
