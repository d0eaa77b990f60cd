internal import HTTP
internal import JSON
internal import OpenAI
internal import RateLimits

extension TokenEstimate {
    /// What a request may take (`docs/limits.md`): its prompt as it can be told from the body, and
    /// what it lets the model write.
    /// - Parameter overrides: what takes the place of the body's members where it is led to.
    init(
        _ endpoint: Endpoint,
        _ input: RequestInput,
        _ overrides: MemberTexts = .none,
        type: TokenLimitType
    ) {
        self.init(type: type)
        guard case .json(let facts) = input.content else { return }
        let body = input.body
        if type != .output {
            self.input = Int64(PromptMeasure(facts).tokens(in: body.span, overrides))
        }
        guard endpoint.writesText else { return }
        let number = { (field: RequestField) in
            overrides.isEmpty
                ? facts.wholeNumber(field, body.span)
                : overrides.last(field).map(\.wholeNumber) ?? facts.wholeNumber(field, body.span)
        }
        // Of two that say how long an answer may be, upstreams differ about which one counts.
        var most: Int64?
        for field in endpoint.outputFields {
            if let count = number(field), count > most ?? 0 { most = count }
        }
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
        member(field).flatMap { Int64(roundingUp: $0.value, of: body) }
    }
}

extension MemberTexts.Entry {
    fileprivate var wholeNumber: Int64? {
        let value = value
        return Int64(roundingUp: 0..<value.count, of: value.rawSpan)
    }
}

extension Int64 {
    fileprivate init?(roundingUp range: Range<Int>, of document: RawSpan) {
        let number: Double?
        switch JSONWalker.kind(document, at: range.lowerBound) {
        case .number:
            // As mostly, and much quicker.
            if let whole = JSONScalars.integer(of: document, at: range) {
                self = whole
                return
            }
            number = JSONScalars.double(of: document, at: range)
        case .string: number = JSONScalars.string(of: document, at: range).flatMap { Double($0) }
        default: number = nil
        }
        guard let number, !number.isNaN else { return nil }
        self.init(clampingAndRoundingUp: number)
    }

    private init(clampingAndRoundingUp number: Double) {
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
