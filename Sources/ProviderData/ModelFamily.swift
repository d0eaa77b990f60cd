/// Models whose chat parameters differ from those of their provider's others, told by their names.
package enum ModelFamily: Hashable, Sendable {
    /// Nothing is known but the provider.
    case any
    /// OpenAI's models that do not reason: gpt-3.5, gpt-4, gpt-4o, gpt-4.1, gpt-5-chat.
    case plain
    /// gpt-4 and gpt-3.5-turbo-16k, which have no `response_format`.
    case early
    /// o1.
    case o1
    /// o3, o4-mini and what comes after.
    case o3
    /// gpt-5, its sizes, and all that are for code.
    case gpt5
    /// gpt-5.1 and later, which reason only when asked to.
    case gpt51
    /// gpt-5-search-api.
    case gpt5Search
    /// xAI's models that reason.
    case grok
}

extension Provider {
    /// The family that decides, beside the provider, which parameters a model takes.
    ///
    /// - Parameter model: the upstream's name, or `base_model` where a deployment's name says
    ///   nothing (Azure).
    package func family(ofModel model: String) -> ModelFamily {
        let name = model.lowercased()
        switch prefix {
        case "openai", "azure": return Provider.openAIFamily(name)
        case "xai", "azure_ai":
            let isReasoning = ["grok-3-mini", "grok-4", "grok-code-fast"].contains(
                where: name.contains
            )
            return isReasoning && !name.contains("non-reasoning") ? .grok : .any
        default: return .any
        }
    }

    /// LiteLLM's rules (`is_model_o_series_model`, `is_model_gpt_5_model`), by names alone.
    private static func openAIFamily(_ name: String) -> ModelFamily {
        let bare = name.split(separator: "/").last ?? ""
        if name.contains("gpt-5") || name.contains("gpt5_series") {
            if name.contains("gpt-5-chat") { return .plain }
            if name.contains("search") { return .gpt5Search }
            let isForCode = name.contains("codex") || name.contains("-pro")
            return name.contains("gpt-5.") && !isForCode ? .gpt51 : .gpt5
        }
        // `o3-mini`, `ft:o3-mini:…`, and Azure's deployments such as `team-o1`.
        let words = name.split { !$0.isLetter && !$0.isNumber }
        if words.contains("o1") { return .o1 }
        let isLater = words.contains { word in
            word.count == 2 && word.first == "o" && word.last?.isWholeNumber == true
        }
        if isLater || name.contains("o_series/") { return .o3 }
        if bare == "gpt-4" || bare == "gpt-3.5-turbo-16k" { return .early }
        let plain = ["gpt-3.5", "gpt-35", "gpt-4", "chatgpt-"]
        return plain.contains(where: name.contains) ? .plain : .any
    }
}
