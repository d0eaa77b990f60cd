internal import JSON
internal import OpenAI

extension TokenUsage {
    /// Reads Converse's `usage`, in which input leaves out what a cache had or was given.
    init(converse usage: JSONMember, in document: RawSpan, scanner: JSONScanner) {
        self.init()
        var input = 0
        for index in scanner.fields(of: usage, in: document) {
            let member = scanner[index]
            guard let count = Self.count(member, in: document) else { continue }
            switch member.field {
            case .inputTokens: input = count
            case .outputTokens: completion = count
            case .cacheReadInputTokens: cached = count
            case .cacheWriteInputTokens: cacheWritten = count
            default: break
            }
        }
        prompt = input + cached + cacheWritten
        total = prompt + completion
    }

    /// Takes over how much of the answer was reasoning, which only the model's own fields say, and
    /// only where the request asked for them (`additionalModelResponseFieldPaths`).
    mutating func mergeDetails(
        _ additional: JSONMember,
        in document: RawSpan,
        scanner: JSONScanner
    ) {
        guard let usage = scanner.field(.usage, of: additional, in: document),
            let details = scanner.field(.outputDetails, of: usage, in: document)
        else { return }
        for index in scanner.fields(of: details, in: document) {
            let member = scanner[index]
            guard member.field == .reasoningTokens || member.field == .thinkingTokens,
                let count = Self.count(member, in: document)
            else { continue }
            reasoning = count
        }
    }

    /// Bounded, so that sums of what an upstream claims cannot overflow.
    static func count(_ member: JSONMember, in document: RawSpan) -> Int? {
        guard member.kind == .number,
            let value = JSONScalars.integer(of: document, at: member.value), value >= 0
        else { return nil }
        return Int(min(value, 1 << 40))
    }

    /// OpenAI's `usage`, with LiteLLM's names for what was cached beside it.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("prompt_tokens")
        writer.integer(prompt)
        writer.key("completion_tokens")
        writer.integer(completion)
        writer.key("total_tokens")
        writer.integer(total)
        writer.key("prompt_tokens_details")
        writer.beginObject()
        writer.key("cached_tokens")
        writer.integer(cached)
        writer.endObject()
        if reasoning > 0 {
            writer.key("completion_tokens_details")
            writer.beginObject()
            writer.key("reasoning_tokens")
            writer.integer(reasoning)
            writer.endObject()
        }
        writer.key("cache_creation_input_tokens")
        writer.integer(cacheWritten)
        writer.key("cache_read_input_tokens")
        writer.integer(cached)
        writer.endObject()
    }
}
