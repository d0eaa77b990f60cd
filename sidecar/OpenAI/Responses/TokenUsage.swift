internal import JSON

/// The tokens that an upstream says a request took.
package struct TokenUsage: Hashable, Sendable {
    /// Everything that went in, cached tokens included.
    package var prompt = 0
    package var completion = 0
    package var total = 0
    /// The part of `prompt` that came from the upstream's cache.
    package var cached = 0
    /// The part of `prompt` that was written to the upstream's cache.
    package var cacheWritten = 0
    /// The part of `completion` that was reasoning.
    package var reasoning = 0

    package init() {}

    static let names = JSONNames(Field.allCases.map(\.rawValue))

    private enum Field: String, CaseIterable {
        case promptTokens = "prompt_tokens"
        case inputTokens = "input_tokens"
        case completionTokens = "completion_tokens"
        case outputTokens = "output_tokens"
        case totalTokens = "total_tokens"
        case promptDetails = "prompt_tokens_details"
        case inputDetails = "input_tokens_details"
        case completionDetails = "completion_tokens_details"
        case outputDetails = "output_tokens_details"
        case cachedTokens = "cached_tokens"
        case reasoningTokens = "reasoning_tokens"
        case cacheRead = "cache_read_input_tokens"
        case cacheCreation = "cache_creation_input_tokens"

        static let all = Array(allCases)
    }

    /// Takes over what a `usage` object of the document scanned last says; numbers that it does not
    /// have stay. Anthropic's streams say input and output in different events, and count cached
    /// tokens beside the input (`isAnthropic`), where OpenAI counts them within.
    mutating func merge(
        _ usage: JSONMember,
        in document: RawSpan,
        scanner: JSONScanner,
        isAnthropic: Bool
    ) {
        var input: Int?
        var hasTotal = false
        for index in scanner.children(of: usage, in: document, names: Self.names) {
            let member = scanner[index]
            guard let name = member.name else { continue }
            if member.kind == .object {
                mergeDetails(member, in: document, scanner: scanner)
                continue
            }
            guard member.kind == .number, let count = Self.count(member, in: document) else {
                continue
            }
            switch Field.all[name] {
            case .promptTokens, .inputTokens: input = count
            case .completionTokens, .outputTokens: completion = count
            case .totalTokens:
                total = count
                hasTotal = true
            case .cacheRead: cached = count
            case .cacheCreation: cacheWritten = count
            default: break
            }
        }
        if let input { prompt = isAnthropic ? input + cached + cacheWritten : input }
        if !hasTotal { total = prompt + completion }
    }

    private mutating func mergeDetails(
        _ details: JSONMember,
        in document: RawSpan,
        scanner: JSONScanner
    ) {
        for index in scanner.children(of: details, in: document, names: Self.names) {
            let member = scanner[index]
            guard let name = member.name, let count = Self.count(member, in: document) else {
                continue
            }
            switch Field.all[name] {
            case .cachedTokens: cached = count
            case .reasoningTokens: reasoning = count
            default: break
            }
        }
    }

    /// Bounded, so that sums of what an upstream claims cannot overflow.
    private static func count(_ member: JSONMember, in document: RawSpan) -> Int? {
        guard member.kind == .number,
            let value = JSONScalars.integer(of: document, at: member.value), value >= 0
        else { return nil }
        return Int(min(value, 1 << 40))
    }
}
