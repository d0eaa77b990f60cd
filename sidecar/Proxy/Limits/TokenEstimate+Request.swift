internal import HTTP
internal import JSON
internal import OpenAI
internal import RateLimits

extension TokenEstimate {
    /// What a request may take (`docs/limits.md`): its prompt as it can be told from the body, and
    /// what it lets the model write.
    init(_ endpoint: Endpoint, _ input: RequestInput, type: TokenLimitType) {
        self.init(type: type)
        guard case .json(let facts) = input.content else { return }
        let body = input.body
        if type != .output { self.input = Int64(PromptMeasure(facts).tokens(in: body.span)) }
        guard endpoint.writesText else { return }
        let number = { (field: RequestField) in facts.wholeNumber(field, body.span) }
        // Of two that say how long an answer may be, upstreams differ about which one counts.
        let most = endpoint.outputFields.compactMap(number).filter { $0 > 0 }.max()
        let choices = max(1, number(.n) ?? 1)
        output = most.map { most in
            let (all, overflows) = most.multipliedReportingOverflow(by: choices)
            return overflows ? .max : all
        }
    }
}

extension RequestFacts {
    /// A member's number, rounded up. Many upstreams take `5.0` and `"5"` for 5, and so what is to
    /// be limited by it must not look away.
    fileprivate func wholeNumber(_ field: RequestField, _ body: RawSpan) -> Int64? {
        guard let member = member(field) else { return nil }
        let number: Double?
        switch member.kind {
        case .number: number = JSONScalars.double(of: body, at: member.value)
        case .string: number = JSONScalars.string(of: body, at: member.value).flatMap { Double($0) }
        default: number = nil
        }
        guard let number, !number.isNaN else { return nil }
        return Int64(clampingAndRoundingUp: number)
    }
}

extension Int64 {
    fileprivate init(clampingAndRoundingUp number: Double) {
        let bound = 9e18
        self = Int64(Swift.min(bound, Swift.max(-bound, number.rounded(.up))))
    }
}

extension Endpoint {
    /// Whether an answer is text that a model writes, and may go on writing.
    fileprivate var writesText: Bool { !outputFields.isEmpty }

    /// What bounds an answer there; what an upstream does not know it does not heed.
    fileprivate var outputFields: [RequestField] {
        switch self {
        case .chatCompletions: [.maxCompletionTokens, .maxTokens]
        case .completions, .messages: [.maxTokens]
        case .responses: [.maxOutputTokens]
        default: []
        }
    }
}
