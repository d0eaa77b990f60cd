internal import RouteConfig
internal import RouteTable

/// Warns of deployments that no request is ever sent to, other than one that asks for their
/// identifier. Those that are blocked are meant to be.
struct ChoiceCheck {
    private let sink: DiagnosticSink
    private let settings: ParameterSet

    init(settings: ParameterSet, sink: DiagnosticSink) {
        self.settings = settings
        self.sink = sink
    }

    /// - Parameter group: the deployments' configurations, as the model has them.
    func run(_ model: Model, _ group: [DeploymentConfig]) {
        if settings[.isTagFilteringEnabled] == .bool(true) { tags(model, group) }
        guard settings[.arePreCallChecksEnabled] == .bool(true) else { return }
        for (deployment, config) in zip(model.deployments, group)
        where deployment.parameters[.maxInputTokens] == .integer(0) {
            warn(
                config,
                "no prompt has room in its max_input_tokens of 0",
                hint: "leave it out, or give the model's"
            )
        }
    }

    /// Requests without tags, and those without a match, go to the deployments tagged default where
    /// there are some; no tag matches a deployment that has none.
    private func tags(_ model: Model, _ group: [DeploymentConfig]) {
        let tags = model.deployments.map { deployment -> [Text] in
            guard case .list(let tags)? = deployment.parameters[.tags] else { return [] }
            return tags
        }
        guard tags.contains(where: { $0.contains(.literal("default")) }) else { return }
        for (own, config) in zip(tags, group) where own.isEmpty {
            warn(
                config,
                "it has no tags, and another deployment is tagged default",
                hint: "give it tags, such as default"
            )
        }
    }

    private func warn(_ config: DeploymentConfig, _ reason: String, hint: String) {
        sink.warn(
            .neverChosen,
            config.mark,
            "this deployment of \(config.modelName.value) is never chosen: \(reason)",
            hint: hint
        )
    }
}
