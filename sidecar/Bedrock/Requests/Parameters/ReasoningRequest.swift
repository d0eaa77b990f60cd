internal import JSON
internal import OpenAI

/// How much a client wants the model to think, from `reasoning_effort` and LiteLLM's `thinking`.
struct ReasoningRequest {
    /// OpenAI's words, and LiteLLM's.
    enum Effort: String {
        case minimal
        case low
        case medium
        case high
        case xhigh
        case max

        /// Claude's budget in tokens (LiteLLM's numbers).
        var budget: Int {
            switch self {
            case .minimal, .low: 1024
            case .medium: 2048
            case .high: 4096
            case .xhigh: 8192
            case .max: 16_384
            }
        }

        /// For models that know three steps.
        var coarse: String {
            switch self {
            case .minimal, .low: "low"
            case .medium: "medium"
            case .high, .xhigh, .max: "high"
            }
        }

        init(budget: Int) {
            self =
                switch budget {
                case ...1024: .low
                case ...2048: .medium
                default: .high
                }
        }
    }

    /// What `thinking` says; it wins over `reasoning_effort`.
    enum Thinking {
        case disabled
        case enabled(budget: Int)
        case adaptive(JSONValue)
    }

    let effort: Effort?
    let thinking: Thinking?

    init(_ members: ChatMembers) throws(OpenAIError) {
        switch members.reasoningEffort {
        case nil, .string("none"): effort = nil
        case .string(let word)?:
            guard let known = Effort(rawValue: word) else {
                throw .invalid(
                    "reasoning_effort",
                    "must be none, minimal, low, medium, high, xhigh or max"
                )
            }
            effort = known
        default: throw .invalid("reasoning_effort", "must be a string")
        }
        switch members.thinking?["type"] {
        case .string("disabled")?: thinking = .disabled
        case .string("adaptive")?: thinking = members.thinking.map { .adaptive($0) }
        case .string("enabled")?:
            guard let budget = members.thinking?["budget_tokens"]?.int,
                (0...Int(Int32.max)).contains(budget)
            else {
                throw .invalid("thinking.budget_tokens", "must be a whole number")
            }
            // Bedrock's least.
            thinking = .enabled(budget: max(1024, budget))
        default:
            if members.thinking != nil {
                throw .invalid("thinking.type", "must be enabled, disabled or adaptive")
            }
            thinking = nil
        }
    }

    /// Whether there is nothing to ask for.
    var isOff: Bool {
        switch thinking {
        case .disabled: true
        case nil: effort == nil
        default: false
        }
    }

    /// The parameter to blame.
    var param: String { thinking == nil ? "reasoning_effort" : "thinking" }

    /// The effort, worked out from a budget where that is what the client gave.
    var effectiveEffort: Effort {
        if case .enabled(let budget)? = thinking { return Effort(budget: budget) }
        return effort ?? .high
    }
}
