internal import JSON

/// The members of Converse's answers, events and errors that are read. What else there is, such as
/// the padding `p` of events, is passed over.
enum ConverseField: String, CaseIterable {
    case output, message, content, stopReason, usage, trace, serviceTier, type, role
    case text, toolUse, toolUseId, name, input
    case reasoningContent, reasoningText, signature, redactedContent, citationsContent
    case contentBlockIndex, delta, start
    case inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens
    case additionalFields = "additionalModelResponseFields"
    case outputDetails = "output_tokens_details"
    case reasoningTokens = "reasoning_tokens"
    case thinkingTokens = "thinking_tokens"

    static let all = Array(allCases)
    static let names = JSONNames(all.map(\.rawValue))
}

extension JSONMember {
    /// Which field this is, if it was looked for by `ConverseField.names`.
    var field: ConverseField? { name.map { ConverseField.all[$0] } }
}

extension JSONScanner {
    /// The members of an object, or the elements of an array; nothing for other values.
    func fields(of parent: JSONMember, in document: RawSpan) -> Range<Int> {
        children(of: parent, in: document, names: ConverseField.names)
    }

    /// A member of an object by its name; nil when it is not there, or null.
    func field(_ wanted: ConverseField, of parent: JSONMember, in document: RawSpan) -> JSONMember?
    {
        for index in fields(of: parent, in: document) where self[index].field == wanted {
            return self[index].kind == .null ? nil : self[index]
        }
        return nil
    }
}
