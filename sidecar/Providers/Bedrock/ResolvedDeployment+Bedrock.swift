package import Bedrock
package import OpenAI

extension ResolvedDeployment {
    /// How one request's body is translated for a model on Bedrock. What is dropped in any case
    /// (`additional_drop_params`) is dropped by the rewriting before.
    ///
    /// - Parameter model: the upstream's name for it, a pattern's captures put in.
    package func converseOptions(
        _ bedrock: BedrockSettings,
        model: String,
        controls: RequestControls?
    ) -> ConverseOptions {
        var options = bedrock.options(model: model)
        options.dropParams = controls?.dropParams ?? drops.isOn
        let allowed = drops.allowedNames + (controls?.allowedOpenAIParams ?? [])
        options.allowedOpenAIParams = allowed.map { String(decoding: $0, as: UTF8.self) }
        return options
    }
}
