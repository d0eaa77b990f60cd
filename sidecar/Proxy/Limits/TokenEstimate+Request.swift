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
        func number(_ field: RequestField) -> Int64? {
            guard let member = facts.member(field), member.kind == .number else { return nil }
            return JSONScalars.integer(of: body.span, at: member.value)
        }
        let most =
            number(.maxCompletionTokens) ?? number(.maxTokens) ?? number(.maxOutputTokens)
        let choices = max(1, number(.n) ?? 1)
        output = most.map { most in
            let (all, overflows) = max(0, most).multipliedReportingOverflow(by: choices)
            return overflows ? .max : all
        }
    }
}

extension Endpoint {
    /// Whether an answer is text that a model writes, and may go on writing.
    fileprivate var writesText: Bool {
        switch self {
        case .chatCompletions, .completions, .responses, .messages: true
        default: false
        }
    }
}
