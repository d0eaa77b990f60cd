internal import YAML

/// A deployment that a search has found, as an entry of `model_list`.
package struct DiscoveredModel: Hashable, Sendable {
    /// What clients ask for.
    package var name: String
    /// `litellm_params.model`, with its provider's prefix.
    package var model: String
    package var apiBase: String?
    /// A reference, never the key itself.
    package var apiKey: String?
    package var region: String?
    /// The longest prompt and answer together, in tokens.
    package var contextTokens: Int64?
    /// The model that an adapter was made for.
    package var parent: String?
    /// What serves it, for a comment.
    package var server: String?

    /// Which entries are ours: their `model_info.id` begins so.
    package static let idPrefix = "discovered/"

    /// The same in every run for the same model at the same place.
    package var id: String {
        let place = apiBase ?? "bedrock/\(region ?? "")"
        let bare = place.hasPrefix("http://") ? place.dropFirst(7) : Substring(place)
        let upstream = model.drop { $0 != "/" }.dropFirst()
        return Self.idPrefix + bare + "/" + upstream
    }

    /// The lines of the entry.
    ///
    /// - Parameter margin: How many blanks stand before its dash.
    func lines(margin: Int) -> [String] {
        let comment = server.map { "  # \($0)" } ?? ""
        var lines = [
            "- model_name: \(YAMLText.scalar(name))\(comment)",
            "  litellm_params:",
            "    model: \(YAMLText.scalar(model))",
        ]
        if let apiBase { lines.append("    api_base: \(YAMLText.scalar(apiBase))") }
        if let apiKey { lines.append("    api_key: \(YAMLText.scalar(apiKey))") }
        if let region { lines.append("    aws_region_name: \(YAMLText.scalar(region))") }
        lines += ["  model_info:", "    id: \(YAMLText.scalar(id))"]
        if let parent { lines.append("    base_model: \(YAMLText.scalar(parent))") }
        if let contextTokens {
            lines.append("    max_model_len: \(contextTokens)")
            lines.append("    max_input_tokens: \(contextTokens)")
        }
        let blanks = String(repeating: " ", count: margin)
        return lines.map { blanks + $0 }
    }

    /// A configuration with nothing but these entries.
    package static func document(_ models: [DiscoveredModel]) -> String {
        if models.isEmpty { return "model_list: []\n" }
        let lines = ["model_list:"] + models.flatMap { $0.lines(margin: 2) }
        return lines.joined(separator: "\n") + "\n"
    }
}
