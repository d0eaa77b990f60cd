internal import JSON

/// How long a request's prompt is, and how it begins, told from the body's bytes as they are:
/// nothing is decoded or copied.
package struct PromptMeasure: Sendable {
    private let system: RequestFacts.Member?
    private let messages: RequestFacts.Member?
    private let prompt: RequestFacts.Member?
    private let instructions: RequestFacts.Member?
    private let input: RequestFacts.Member?
    private let tools: RequestFacts.Member?

    /// Tokens that each message costs beside its text, and each reply that is begun (LiteLLM
    /// §10.4, OpenAI's cookbook "How to count tokens").
    private static let messageTokens = 3

    /// Of the request that the facts are about.
    package init(_ facts: RequestFacts) {
        func value(_ field: RequestField) -> RequestFacts.Member? {
            facts.member(field).flatMap { $0.kind == .null ? nil : $0 }
        }
        system = value(.system)
        messages = value(.messages)
        prompt = value(.prompt)
        instructions = value(.instructions)
        input = value(.input)
        tools = value(.tools)
    }

    /// About how many tokens the prompt has, tools included.
    ///
    /// Text is weighed as `TokenWeights` says. An image, and what else is base64, counts 250, a
    /// message 3 more than its text; the keys of messages and their punctuation count nothing.
    ///
    /// Complexity: O(n) over the bytes; binary content is passed over much faster than text.
    ///
    /// - Parameter overrides: members that take the place of the body's.
    package func tokens(in body: RawSpan, _ overrides: MemberTexts = .none) -> Int {
        var counter = TokenCounter()
        if overrides.isEmpty {
            for part in [system, messages, prompt, instructions, input] {
                if let part { counter.add(part.value, of: body, isSchema: false) }
            }
            if let tools { counter.add(tools.value, of: body, isSchema: true) }
        } else {
            let parts: [(RequestField, RequestFacts.Member?)] = [
                (.system, system), (.messages, messages), (.prompt, prompt),
                (.instructions, instructions), (.input, input), (.tools, tools),
            ]
            for (field, part) in parts {
                if let entry = overrides.last(field) {
                    let text = entry.text
                    counter.add(entry.valueRange, of: text.rawSpan, isSchema: field == .tools)
                } else if let part {
                    counter.add(part.value, of: body, isSchema: field == .tools)
                }
            }
        }
        return counter.tokens + PromptMeasure.messageTokens
    }

    /// The leading bytes of a prompt, by which requests that begin alike are told.
    package struct Prefix: Hashable, Sendable {
        /// Places in the body, for the caller to hash one after the other; either may be empty.
        package let first: Range<Int>
        package let second: Range<Int>
    }

    /// The first `bytesMax` bytes of the prompt, all of it when it is shorter: of `messages` after
    /// its bracket, with `system` before it where there is one; of `prompt`; of `instructions`,
    /// then `input`. Empty for a request that has none of them.
    package func prefix(bytesMax: Int) -> Prefix {
        let (first, second) =
            if messages != nil {
                (system, messages)
            } else if prompt != nil {
                (prompt, nil)
            } else {
                (instructions, input)
            }
        let head = PromptMeasure.content(first, bytesMax: bytesMax)
        return Prefix(
            first: head,
            second: PromptMeasure.content(second, bytesMax: bytesMax - head.count)
        )
    }

    /// What a value holds, without quotes or brackets.
    private static func content(_ member: RequestFacts.Member?, bytesMax: Int) -> Range<Int> {
        guard let member, bytesMax > 0 else { return 0..<0 }
        var range = member.value
        if member.kind == .string || member.kind == .array {
            range = (range.lowerBound + 1)..<(range.upperBound - 1)
        }
        return range.prefix(bytesMax)
    }
}
