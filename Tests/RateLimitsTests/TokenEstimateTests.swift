import RateLimits
import Testing

@Suite("A token estimate")
struct TokenEstimateTests {
    @Test(
        "reserves what a request may take, and never more than the limit",
        arguments: [
            (TokenLimitType.total, 30, 70, 1_000, 100),
            (.input, 30, 70, 1_000, 30),
            (.output, 30, 70, 1_000, 70),
            (.total, 30, nil, 100_000, 1_054),
            (.total, 30, nil, 4_096, 1_054),
            (.total, 30, nil, 4_000, 1_030),
            (.output, 30, nil, 100, 25),
            (.output, 30, nil, 1, 1),
            (.input, 30, nil, 100, 30),
            (.total, 900, 900, 1_000, 1_000),
            (.total, .max, 900, 1_000, 1_000),
            (.total, 0, 0, 1_000, 0),
        ] as [(TokenLimitType, Int64, Int64?, Int64, Int64)]
    )
    func reserves(
        type: TokenLimitType,
        input: Int64,
        output: Int64?,
        limit: Int64,
        reserved: Int64
    ) {
        let estimate = TokenEstimate(type: type, input: input, output: output)
        #expect(estimate.reservation(limit: limit) == reserved)
    }

    @Test("counts of what was used the part that is limited")
    func counts() {
        let used = TokenCount(input: 7, output: 5)
        #expect(TokenEstimate(type: .total).counted(used) == 12)
        #expect(TokenEstimate(type: .input).counted(used) == 7)
        #expect(TokenEstimate(type: .output).counted(used) == 5)
    }
}
