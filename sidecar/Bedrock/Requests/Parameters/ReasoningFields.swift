internal import JSON
internal import OpenAI

/// A model family's own words for reasoning, for `additionalModelRequestFields`.
struct ReasoningFields {
    private(set) var members: [JSONValue.Member] = []
    /// Claude's thinking, which rules out other parameters and a tool that must be called.
    private(set) var isThinking = false

    /// What thinking leaves for the answer, in tokens, where the client sets no limit.
    static let answerTokens = 4096

    /// - Parameter settings: changed where a model takes less of them while it reasons.
    init(
        _ request: ReasoningRequest,
        _ conversation: Conversation,
        _ options: ConverseOptions,
        _ settings: inout InferenceSettings
    ) throws(OpenAIError) {
        if request.isOff { return }
        let effort = request.effectiveEffort
        switch options.traits.reasoning {
        case .unsupported:
            if !options.dropParams { throw .unsupported(request.param) }
        case .budget:
            if case .adaptive? = request.thinking {
                if !options.dropParams { throw .unsupported("thinking") }
            } else if conversation.isOpenToThinking {
                think(request, &settings)
            }
        case .adaptive:
            if conversation.isOpenToThinking { adapt(request, options.traits) }
        case .novaEffort:
            add(
                "reasoningConfig",
                [
                    ("type", "enabled"), ("maxReasoningEffort", effort.coarse),
                ]
            )
            // Nova refuses limits while it reasons at its most.
            if effort.coarse == "high" {
                settings.maxTokens = nil
                settings.temperature = nil
                settings.topP = nil
            }
        case .effort:
            members.append(.init("reasoning_effort", .string(effort.coarse)))
        case .effortObject:
            add("reasoning", [("effort", effort == .max ? "xhigh" : effort.rawValue)])
        }
        if isThinking { try settings.fitThinking(options) }
    }

    /// The budget must be less than `maxTokens`; where that leaves too little, no thinking.
    private mutating func think(_ request: ReasoningRequest, _ settings: inout InferenceSettings) {
        var budget = request.effectiveEffort.budget
        if case .enabled(let wanted)? = request.thinking { budget = wanted }
        if let most = settings.maxTokens {
            budget = min(budget, most - 1)
            if budget < 1024 { return }
        } else {
            settings.maxTokens = budget + ReasoningFields.answerTokens
        }
        isThinking = true
        members.append(
            .init(
                "thinking",
                .object([
                    .init("type", .string("enabled")),
                    .init("budget_tokens", .integer(Int64(budget))),
                ])
            )
        )
    }

    private mutating func adapt(_ request: ReasoningRequest, _ traits: ModelTraits) {
        isThinking = true
        if case .adaptive(let value)? = request.thinking {
            members.append(.init("thinking", value))
        } else {
            var thinking = [JSONValue.Member("type", .string("adaptive"))]
            // From 4.7 on the text is left out unless it is asked for.
            if traits.claudeVersion > 406 {
                thinking.append(.init("display", .string("summarized")))
            }
            members.append(.init("thinking", .object(thinking)))
        }
        guard let effort = request.effort else { return }
        let word =
            switch effort {
            case .minimal: "low"
            case .xhigh where traits.claudeVersion == 406: "high"
            default: effort.rawValue
            }
        add("output_config", [("effort", word)])
    }

    private mutating func add(_ key: String, _ texts: [(String, String)]) {
        members.append(.init(key, .object(texts.map { .init($0.0, .string($0.1)) })))
    }
}
