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
    /// Whether the answer is good and whole; false where that was not asked.
    package let isComplete: Bool

    static let names = JSONNames(own)
    private static let own = ["model", "usage"]
    /// In one look, what else tells whether the answer is whole.
    private static let allNames = JSONNames(own + AnswerCompleteness.members)

    /// Reads an answer; nil when it is no JSON object, which is then passed on as it is.
    /// - Parameter endpoint: whose answer it is, where it matters whether it is whole.
    package init?(
        _ body: RawSpan,
        dialect: ResponseDialect,
        completeFor endpoint: Endpoint? = nil,
        scanner: JSONScanner
    ) {
        let names = endpoint == nil ? Self.names : Self.allNames
        guard let found = try? scanner.scan(body, names: names) else { return nil }
        var model: Range<Int>?
        var usage: TokenUsage?
        var completeness = AnswerCompleteness()
        for index in found {
            let member = scanner[index]
            guard let name = member.name else { continue }
            if name >= Self.own.count {
                completeness.note(member, name - Self.own.count)
            } else if name == 0, member.kind == .string {
                model = member.value
            } else if name == 1, member.kind == .object {
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
        isComplete =
            endpoint.map { completeness.isComplete(body, $0, scanner: scanner) } ?? false
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
