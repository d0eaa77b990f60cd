package import ProviderData

/// A deployment as a price list knows it: the names that it may have there, in the order in which
/// LiteLLM looks them up (its `get_model_info` and `completion_cost`).
package struct PricedModel: Hashable, Sendable {
    /// A name in the list, and the provider that its entry must be of.
    struct Name: Hashable, Sendable {
        let name: String
        let provider: String
    }
    /// Each once.
    private(set) var names: [Name] = []

    /// - Parameters:
    ///   - baseModel: `base_model`, whose price counts where the list has it.
    ///   - region: Of a deployment on Bedrock, whose prices differ by it.
    package init(
        provider: Provider,
        model: String,
        baseModel: String? = nil,
        region: String? = nil
    ) {
        if let baseModel, !baseModel.isEmpty {
            let match = Provider.resolve(model: baseModel, customProvider: nil, apiBase: nil)
            let isPrefixed = match.provider != nil && match.upstreamModel != baseModel
            let own = isPrefixed ? match.provider ?? provider : provider
            add(own, isPrefixed ? match.upstreamModel : baseModel, region: region)
        }
        // What stands for many models has no price of its own.
        if !model.contains("*") { add(provider, model, region: region) }
    }

    private mutating func add(_ provider: Provider, _ model: String, region: String?) {
        let prefix = provider.prefix
        if provider.dialect == .bedrock {
            for name in Self.bedrockNames(model, region: region) { add(name, prefix) }
            return
        }
        let stripped = Self.stripped(model, prefix)
        for name in ["\(prefix)/\(model)", "\(prefix)/\(stripped)", model, stripped] {
            add(name, prefix)
        }
    }

    private mutating func add(_ name: String, _ provider: String) {
        let name = Name(name: name, provider: provider)
        if !names.contains(name) { names.append(name) }
    }

    /// Without what tells versions and tunings of a model apart.
    private static func stripped(_ model: String, _ provider: String) -> String {
        if ["vertex_ai", "gemini", "databricks"].contains(provider) {
            guard let dash = model.lastIndex(of: "-") else { return model }
            let version = model[dash...].dropFirst()
            let isVersion = !version.isEmpty && version.utf8.allSatisfy { (48...57).contains($0) }
            return isVersion ? String(model[..<dash]) : model
        }
        // `ft:gpt-4o:organization:suffix:id`
        guard model.hasPrefix("ft:") else { return model }
        let parts = model.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 5, !parts.suffix(3).contains("") else { return model }
        return parts.dropLast(3).joined(separator: ":")
    }

    // MARK: Bedrock

    private static func bedrockNames(_ model: String, region: String?) -> [String] {
        var names = ["bedrock/\(model)", model]
        let plain = withoutThroughput(withoutARN(withoutRoute(model)))
        var region = region
        var rest = plain
        if let slash = rest.firstIndex(of: "/"), BedrockRegion.isRegionName(rest[..<slash]) {
            region = String(rest[..<slash])
            rest = String(rest[rest.index(after: slash)...])
        }
        let base = withoutGeography(rest)
        for name in rest == base ? [base] : [rest, base] {
            if let region { names.append("bedrock/\(region)/\(name)") }
            names += ["bedrock/\(name)", name]
        }
        // The place where it runs is the dearer news: `bedrock/eu-central-1/…` before `…`.
        if let region, model == rest { names.insert("bedrock/\(region)/\(model)", at: 0) }
        return names
    }

    private static func withoutRoute(_ model: String) -> String {
        for route in ["converse/", "invoke/", "converse_like/"] where model.hasPrefix(route) {
            return String(model.dropFirst(route.count))
        }
        return model
    }

    /// `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.…`; the identifier of
    /// an application's profile says nothing, and its deployment needs a `base_model`.
    private static func withoutARN(_ model: String) -> String {
        guard model.hasPrefix("arn:"), let slash = model.lastIndex(of: "/") else { return model }
        return String(model[model.index(after: slash)...])
    }

    /// `…-v2:0:51k` is `…-v2:0` with a smaller context window.
    private static func withoutThroughput(_ model: String) -> String {
        let parts = model.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, let last = parts.last, last.count >= 2, last.hasSuffix("k"),
            Int(last.dropLast()) != nil, Int(parts[parts.count - 2]) != nil
        else { return model }
        return parts.dropLast().joined(separator: ":")
    }

    private static func withoutGeography(_ model: String) -> String {
        for place in ["global", "us", "eu", "apac", "jp", "au", "us-gov"]
        where model.hasPrefix(place + ".") {
            return String(model.dropFirst(place.count + 1))
        }
        return model
    }

    // MARK: Providers

    /// Whether an entry of a provider is meant by a deployment of another, as LiteLLM decides it.
    static func isProvider(_ listed: String?, of provider: String) -> Bool {
        guard let listed, listed != provider else { return true }
        switch provider {
        case "bedrock", "vertex_ai", "fireworks_ai": return listed.hasPrefix(provider)
        case "azure": return listed == "azure_text"
        case "azure_ai": return listed == "azure" || listed == "openai"
        case "github", "litellm_proxy": return true
        default: return false
        }
    }
}
