/// What a model's name says about what the model takes. AWS has no call that tells it.
struct ModelTraits: Hashable, Sendable {
    /// The vendor's word in the name, as far as it makes a difference.
    enum Family: Hashable, Sendable {
        case claude
        case nova
        case titan
        case llama
        case mistral
        case cohere
        case ai21
        case deepSeek
        case openAI
        case other
        /// An ARN that does not name its model: nothing is held back from it.
        case hidden
    }

    /// How reasoning is asked for.
    enum Reasoning: Hashable, Sendable {
        case unsupported
        /// `thinking` with `budget_tokens`: Claude 3.7 to 4.5.
        case budget
        /// `thinking` of type `adaptive` and `output_config.effort`: Claude 4.6 and later.
        case adaptive
        /// `reasoningConfig`: Nova 2.
        case novaEffort
        /// `reasoning_effort`: gpt-oss, DeepSeek V3.
        case effort
        /// `reasoning.effort`: OpenAI's GPT-5 and later.
        case effortObject
    }

    let family: Family
    let reasoning: Reasoning
    /// 405 is version 4.5; 0 for all but Claude.
    let claudeVersion: Int
    let takesTools: Bool
    /// Structured output and strict tools, without a tool in disguise.
    let hasNativeStructuredOutput: Bool
    let takesAudio: Bool
    /// Answers 400 to `temperature` and `topP` in one request.
    let refusesTwoSamplings: Bool

    /// Reads a model's identifier, a profile's, or an ARN.
    init(_ model: BedrockModel) {
        let name = ModelTraits.bareName(model.id)
        func says(_ text: StaticString) -> Bool { name.contains(text) }
        let family = Family(vendorOf: name)
        self.family = family
        claudeVersion = family == .claude ? ModelTraits.version(ofClaude: name) : 0
        reasoning = ModelTraits.reasoning(family, name, claudeVersion)
        takesTools =
            switch family {
            case .claude: claudeVersion >= 300
            case .titan: false
            case .llama: says("llama3-1") || says("llama3-2") || says("llama3-3") || says("llama4")
            case .mistral: !says("mistral-7b") && !says("mixtral")
            case .cohere: says("command-r")
            case .ai21: says("jamba-1-5")
            case .deepSeek: !says("r1-")
            case .nova, .openAI, .other, .hidden: true
            }
        hasNativeStructuredOutput =
            claudeVersion >= 405 || says("qwen3") || says("deepseek.v3") || says("deepseek-v3")
            || says("gemma-3") || says("minimax-m2") || says("ministral")
            || says("mistral-large-3") || says("voxtral") || says("kimi-k2")
            || says("nemotron-nano")
        takesAudio = says("voxtral") || says("nova-2-omni") || family == .hidden
        refusesTwoSamplings = claudeVersion >= 405 || says("claude-opus-4-1-")
    }

    /// Whether a tool can be demanded.
    var takesToolChoice: Bool {
        switch family {
        case .claude, .nova, .mistral, .hidden: takesTools
        default: false
        }
    }

    /// Whether cache points may stand between messages.
    var takesCachePoints: Bool { family == .claude || family == .nova || family == .hidden }

    /// Whether cache points may stand between tools.
    var takesToolCachePoints: Bool { takesCachePoints && family != .nova }

    /// Whether a cache point may say for how long.
    var takesCacheTTL: Bool { claudeVersion >= 405 }

    /// Whether a conversation may end with the assistant's first words.
    var takesPrefill: Bool {
        family == .hidden || (family == .claude && claudeVersion < 406)
    }

    /// Whether reasoning of earlier turns may be sent back.
    var takesReasoningHistory: Bool { reasoning != .unsupported }

    private static func reasoning(_ family: Family, _ name: Substring, _ claude: Int) -> Reasoning {
        switch family {
        case .claude: claude >= 406 ? .adaptive : claude >= 307 ? .budget : .unsupported
        case .nova: name.contains("nova-2") ? .novaEffort : .unsupported
        case .openAI: name.contains("gpt-oss") ? .effort : .effortObject
        case .deepSeek: name.contains("r1-") ? .unsupported : .effort
        case .hidden: .budget
        default: .unsupported
        }
    }
}

// MARK: - Names

extension ModelTraits.Family {
    /// Of a name without its geographic prefix.
    fileprivate init(vendorOf name: Substring) {
        guard let dot = name.firstIndex(of: ".") else {
            self = .hidden
            return
        }
        self =
            switch name[..<dot] {
            case "anthropic": .claude
            case "amazon": name.contains("nova") ? .nova : .titan
            case "meta": .llama
            case "mistral": .mistral
            case "cohere": .cohere
            case "ai21": .ai21
            case "deepseek": .deepSeek
            case "openai": .openAI
            default: .other
            }
    }
}

extension ModelTraits {
    private static let geographies: Set<Substring> = [
        "us", "eu", "apac", "global", "us-gov", "au", "jp", "in", "ca",
    ]

    /// What stands behind the last slash of an ARN, without one geographic prefix.
    static func bareName(_ id: String) -> Substring {
        let name = id.lastIndex(of: "/").map { id[id.index(after: $0)...] } ?? id[...]
        guard let dot = name.firstIndex(of: "."), geographies.contains(name[..<dot]) else {
            return name
        }
        return name[name.index(after: dot)...]
    }

    /// `claude-3-5-haiku-20241022` and `claude-haiku-4-5-20251001` alike: the first number is the
    /// version, the next word its second part where it is a number, too, and not a date.
    private static func version(ofClaude name: Substring) -> Int {
        var major: Int?
        for word in name.split(separator: "-") {
            let number = word.utf8.count <= 2 ? Int(word) : nil
            if let major { return major * 100 + (number ?? 0) }
            major = number
        }
        // `claude-v2:1` and `claude-instant-v1` are older than all that matters.
        return major.map { $0 * 100 } ?? 200
    }
}

extension Substring {
    /// Whether the ASCII `text` is somewhere inside.
    fileprivate func contains(_ text: StaticString) -> Bool {
        let wanted = Array(String(describing: text).utf8)
        var rest = utf8[...]
        while rest.count >= wanted.count {
            if rest.starts(with: wanted) { return true }
            rest.removeFirst()
        }
        return false
    }
}
