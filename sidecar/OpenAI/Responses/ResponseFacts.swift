package import JSON

/// Whose form an answer, or a stream of answers, has.
package enum ResponseDialect: Hashable, Sendable {
    /// `chat/completions`, `completions`.
    case chat
    /// `responses`.
    case responses
    /// `messages`.
    case messages
    /// Everything else: embeddings, rerank, audio, …
    case other
}

/// What the gateway reads from an answer that is no stream.
package struct ResponseFacts: Sendable {
    /// Where the outermost `model` string is.
    package let modelValue: Range<Int>?
    package let usage: TokenUsage?
    package let count: Int

    static let names = JSONNames(["model", "usage"])

    /// Reads an answer; nil when it is no JSON object, which is then passed on as it is.
    package init?(_ body: RawSpan, dialect: ResponseDialect, scanner: JSONScanner) {
        guard let found = try? scanner.scan(body, names: Self.names) else { return nil }
        var model: Range<Int>?
        var usage: TokenUsage?
        for index in found {
            let member = scanner[index]
            if member.name == 0, member.kind == .string {
                model = member.value
            } else if member.name == 1, member.kind == .object {
                var tokens = TokenUsage()
                tokens.merge(
                    member,
                    in: body,
                    scanner: scanner,
                    isAnthropic: dialect == .messages
                )
                usage = tokens
            }
        }
        modelValue = model
        self.usage = usage
        count = body.byteCount
    }

    /// What puts the public name (a JSON string with quotes) back where the upstream's own is.
    package func edits(publicModel: [UInt8], body: RawSpan) -> BodyEdits {
        var edits = BodyEdits(bodyCount: count)
        if let modelValue, !body.equals(publicModel, at: modelValue) {
            edits.replace(modelValue, with: publicModel)
        }
        return edits
    }
}
