/// Which of a request's tokens count (`token_rate_limit_type`).
package enum TokenLimitType: String, CaseIterable, Hashable, Sendable {
    case total
    case input
    case output
}

/// The tokens that a request took in the end.
package struct TokenCount: Hashable, Sendable {
    package var input: Int64
    package var output: Int64

    package init(input: Int64, output: Int64) {
        self.input = input
        self.output = output
    }
}

/// The tokens that a request is expected to take.
package struct TokenEstimate: Hashable, Sendable {
    package var type: TokenLimitType
    package var input: Int64
    /// The most that the client lets the model write; nil when it does not say.
    package var output: Int64?

    package init(type: TokenLimitType = .total, input: Int64 = 0, output: Int64? = 0) {
        self.type = type
        self.input = input
        self.output = output
    }

    /// What is taken for an output of which nothing is said, and the limit from which on it is: of
    /// a smaller one a quarter is (LiteLLM §6.3, V106).
    private static let outputStandard: Int64 = 1_024

    /// What is taken from a limit before the request goes out: never more than all of it, so that
    /// what could be served is not refused for ever.
    package func reservation(limit: Int64) -> Int64 {
        let written = output ?? min(Self.outputStandard, max(1, limit / 4))
        let needed =
            switch type {
            case .total: input.addingReportingOverflow(written)
            case .input: (input, false)
            case .output: (written, false)
            }
        return needed.1 ? limit : min(max(0, needed.0), limit)
    }

    /// Of what was used, what counts.
    package func counted(_ used: TokenCount) -> Int64 {
        switch type {
        case .total: used.input + used.output
        case .input: used.input
        case .output: used.output
        }
    }
}
