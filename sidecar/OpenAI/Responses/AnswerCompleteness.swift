package import JSON

/// Whether an answer is good and whole, so that it may be given to others, too (`docs/cache.md`).
package struct AnswerCompleteness {
    private enum Name: Int {
        case error, choices, data
    }
    /// What is looked for among an answer's members.
    static let members = ["error", "choices", "data"]
    private static let names = JSONNames(members)
    private static let finishReason = JSONNames(["finish_reason"])

    private var hasFailed = false
    private var choices: JSONMember?
    private var data: JSONMember?

    /// Of an answer without members.
    init() {}

    /// Takes note of a member of the answer.
    /// - Parameter place: its name's place in `members`.
    mutating func note(_ member: JSONMember, _ place: Int) {
        switch Name(rawValue: place) {
        case .error: if member.kind != .null { hasFailed = true }
        case .choices: choices = member
        case .data: data = member
        case nil: break
        }
    }

    /// Whether the answer, which is the document scanned last, is good and whole.
    func isComplete(_ body: RawSpan, _ endpoint: Endpoint, scanner: JSONScanner) -> Bool {
        if hasFailed { return false }
        switch endpoint {
        case .chatCompletions, .completions:
            return choices.map { Self.areFinished($0, body, scanner) } ?? false
        case .embeddings:
            guard let data, data.kind == .array else { return false }
            return !scanner.children(of: data, in: body, names: .none).isEmpty
        default: return false
        }
    }

    /// Reads a whole answer of an endpoint.
    package static func isComplete(
        _ body: RawSpan,
        _ endpoint: Endpoint,
        scanner: JSONScanner
    ) -> Bool {
        guard let found = try? scanner.scan(body, names: names) else { return false }
        var completeness = AnswerCompleteness()
        for index in found {
            let member = scanner[index]
            if let name = member.name { completeness.note(member, name) }
        }
        return completeness.isComplete(body, endpoint, scanner: scanner)
    }

    private static func areFinished(
        _ choices: JSONMember,
        _ body: RawSpan,
        _ scanner: JSONScanner
    ) -> Bool {
        guard choices.kind == .array else { return false }
        let elements = scanner.children(of: choices, in: body, names: .none)
        return !elements.isEmpty
            && elements.allSatisfy { place in
                let members = scanner.children(of: scanner[place], in: body, names: finishReason)
                return members.contains { index in
                    let member = scanner[index]
                    return member.name == 0 && member.kind == .string
                        && isWhole(body, at: member.value)
                }
            }
    }

    private static let wholeReasons = ["stop", "length", "tool_calls", "function_call"].map {
        Array($0.utf8)
    }

    /// Whether a `finish_reason` says that the model has come to its end, or to the request's own
    /// limit. Others do not: a filter's, or a server's that gave up.
    static func isWhole(_ document: RawSpan, at reason: Range<Int>) -> Bool {
        wholeReasons.contains { JSONScalars.isString($0, in: document, at: reason) }
    }
}
