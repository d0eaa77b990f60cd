/// The models on Bedrock that the environment names.
package enum BedrockEnvironment {
    /// Where the models are named: `ID` or `NAME=ID`, by commas or blanks.
    package static let modelsVariable = "BEDROCK_MODELS"
    /// Where the regions are named, by commas or blanks; the first that is set counts. The last
    /// three are those that LiteLLM and AWS's SDKs read.
    package static let regionVariables = [
        "BEDROCK_REGIONS", "AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION",
    ]

    /// One entry for each model in each region.
    ///
    /// - Parameter value: The value of a variable; nil when it is not set.
    package static func models(
        _ value: (String) -> String?
    ) throws(DiscoveryError) -> [DiscoveredModel] {
        let names = words(value(modelsVariable) ?? "")
        guard !names.isEmpty else {
            throw .badEnvironment("\(modelsVariable) names no model")
        }
        let regions = regionVariables.map { words(value($0) ?? "") }.first { !$0.isEmpty }
        guard let regions else {
            throw .badEnvironment(
                "none of \(regionVariables.joined(separator: ", ")) names a region"
            )
        }
        var models: [DiscoveredModel] = []
        for word in names {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            var id = parts.last.map(String.init) ?? ""
            if id.hasPrefix("bedrock/") { id = String(id.dropFirst(8)) }
            let name = parts.count > 1 ? String(parts[0]) : "bedrock/" + id
            guard !id.isEmpty, !name.isEmpty, !word.contains("*") else {
                throw .badEnvironment("\(modelsVariable) holds \(word), which is not NAME=ID")
            }
            for region in regions {
                let model = DiscoveredModel(name: name, model: "bedrock/" + id, region: region)
                if !models.contains(model) { models.append(model) }
            }
        }
        return models
    }

    private static func words(_ text: String) -> [String] {
        text.split { $0 == "," || $0.isWhitespace }.map(String.init)
    }
}
