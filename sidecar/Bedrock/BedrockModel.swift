internal import AWS

/// A model as Bedrock's paths name it: a model's identifier, an inference profile's, or an ARN.
package struct BedrockModel: Hashable, Sendable {
    /// As configured, without LiteLLM's route (`converse/`) and without a region before it.
    package let id: String

    /// - Parameter name: what stands behind `bedrock/` in the configuration.
    package init(_ name: String) {
        let name = BedrockModel.withoutRoute(name)
        id = (try? BedrockModelName(name).id) ?? name
    }

    /// A name without LiteLLM's route; a region before the identifier stays.
    package static func withoutRoute(_ name: String) -> String {
        name.hasPrefix("converse/") ? String(name.dropFirst("converse/".count)) : name
    }
}
