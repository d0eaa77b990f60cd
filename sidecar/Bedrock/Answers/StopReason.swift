/// Why a model stopped, as Converse says it.
enum StopReason: Equatable {
    case ended
    case calledTool
    case reachedLimit
    case filtered
    /// The model's output was no message.
    case malformedOutput
    /// The model's tool call was none.
    case malformedTool
    case unknown(String)

    init(_ name: String) {
        switch name {
        case "end_turn", "stop_sequence": self = .ended
        case "tool_use": self = .calledTool
        case "max_tokens", "model_context_window_exceeded": self = .reachedLimit
        case "guardrail_intervened", "content_filtered": self = .filtered
        case "malformed_model_output": self = .malformedOutput
        case "malformed_tool_use": self = .malformedTool
        default: self = .unknown(name)
        }
    }

    /// The name of a reason that this gateway does not know, for the log.
    var unknownName: String? {
        if case .unknown(let name) = self { name } else { nil }
    }

    /// Whether an answer that ends so is one at all.
    func isUsable(hasText: Bool, hasToolCalls: Bool) -> Bool {
        switch self {
        case .malformedOutput: hasText || hasToolCalls
        case .malformedTool: hasText
        default: true
        }
    }

    /// OpenAI's `finish_reason`.
    ///
    /// - Parameters:
    ///   - hasToolCalls: calls of the client's own tools are in the answer.
    ///   - usedJSONTool: the answer came as the input of the tool that stands for a JSON schema.
    func finishReason(
        hasToolCalls: Bool,
        usedJSONTool: Bool,
        form: AnswerContext.Form
    ) -> StaticString {
        switch self {
        case .reachedLimit: return "length"
        case .filtered: return "content_filter"
        case .malformedOutput, .malformedTool: return "stop"
        case .calledTool where !usedJSONTool && form == .chat: return "tool_calls"
        default: return hasToolCalls && form == .chat ? "tool_calls" : "stop"
        }
    }
}
