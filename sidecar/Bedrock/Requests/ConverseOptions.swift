package import OpenAI

/// What a deployment, and the request's control fields, say about the translation of a request.
///
/// What the model's name means is worked out once, so make it once for a deployment.
package struct ConverseOptions: Sendable {
    /// `drop_params`: what the model does not take is left out, and not answered with 400.
    package var dropParams = false
    /// `additional_drop_params`: what is left out in any case.
    package var additionalDropParams: [DropPath] = []
    /// `allowed_openai_params`: members that go to the model as they are, in
    /// `additionalModelRequestFields`, though Converse has no word for them.
    package var allowedOpenAIParams: [String] = []
    /// `modify_params`: a user's turn is made up where the model needs one.
    package var modifyParams = false

    let traits: ModelTraits
    /// The model's identifier, or its base model's.
    let modelID: String

    /// - Parameter baseModel: what the model is, where its ARN does not say it (`base_model`).
    package init(model: BedrockModel, baseModel: BedrockModel? = nil) {
        traits = ModelTraits(baseModel ?? model)
        modelID = (baseModel ?? model).id
    }
}
