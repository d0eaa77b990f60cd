internal import RouteConfig
internal import RouteTable
internal import YAML

/// Warns of routing that the settings ask for and that what they rest on does not give.
struct RoutingCheck {
    private let sink: DiagnosticSink
    private let contents: TableContents
    /// The deployments' configurations, as `contents.models` has them.
    private let groups: [[DeploymentConfig]]
    /// Whether a price list was given.
    private let hasPriceMap: Bool

    init(
        contents: TableContents,
        groups: [[DeploymentConfig]],
        hasPriceMap: Bool,
        sink: DiagnosticSink
    ) {
        self.contents = contents
        self.groups = groups
        self.hasPriceMap = hasPriceMap
        self.sink = sink
    }

    func run(_ config: RouteConfig) {
        unenforcedLimits()
        let choice = ChoiceCheck(settings: contents.settings, sink: sink)
        for (model, group) in zip(contents.models, groups) {
            if strategy(model).isByCost { prices(model, group) }
            choice.run(model, group)
        }
        contextWindows(config)
        health(config)
    }

    private func strategy(_ model: Model) -> ModelStrategy {
        ModelStrategy(model, settings: contents.settings)
    }

    /// In LiteLLM too `rpm` and `tpm` do not limit by themselves, which surprises nearly everyone.
    /// Said once: a file has them at each deployment.
    private func unenforcedLimits() {
        if contents.settings[.enforceModelRateLimits] == .bool(true) { return }
        var marks: [YAMLMark] = []
        var strategies: Set<String> = []
        for (model, group) in zip(contents.models, groups) {
            let strategy = strategy(model)
            let given = group.compactMap(\.limitMark)
            guard !strategy.keepsLimits, !given.isEmpty, let name = strategy.name else { continue }
            marks += given
            strategies.insert(name)
        }
        let first = marks.min { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
        guard let first else { return }
        let shuffle = "simple-shuffle takes them for shares"
        let others = strategies.subtracting(["simple-shuffle"]).sorted().joined(separator: ", ")
        let meaning = [
            strategies.contains("simple-shuffle") ? shuffle : nil,
            others.isEmpty ? nil : "nothing looks at them under \(others)",
        ].compactMap(\.self).joined(separator: ", ")
        sink.warn(
            .unenforcedLimit,
            first,
            "rpm and tpm limit nothing at \(marks.count) deployment"
                + "\(marks.count == 1 ? "" : "s"): \(meaning)",
            hint: "optional_pre_call_checks: [enforce_model_rate_limits] makes limits of them"
        )
    }

    /// What has no price counts as LiteLLM counts what its price list does not have. A group of one
    /// has no choice, and embeddings have no output.
    private func prices(_ model: Model, _ group: [DeploymentConfig]) {
        let inputs = model.deployments.map { $0.parameters[.inputPrice] != nil }
        let outputs = model.deployments.map { $0.parameters[.outputPrice] != nil }
        let hasOutputs = outputs.contains(true) || inputs.contains(false)
        let unpriced = group.indices.filter { !inputs[$0] || hasOutputs && !outputs[$0] }
        guard group.count > 1, let first = unpriced.first else { return }
        sink.warn(
            .missingPrice,
            group[first].mark,
            "\(unpriced.count) of \(group.count) deployments of \(model.name) have no full price "
                + "to choose by",
            hint: "give input_cost_per_token and output_cost_per_token; without, each counts 5 "
                + "dollars; "
                + (hasPriceMap
                    ? "the price list has none for it, maybe for a base_model"
                    : "--prices takes a price list")
        )
    }

    private func contextWindows(_ config: RouteConfig) {
        let deployments = contents.models.lazy.flatMap(\.deployments)
        guard contents.settings[.arePreCallChecksEnabled] == .bool(true),
            !deployments.isEmpty,
            !deployments.contains(where: { $0.parameters[.maxInputTokens] != nil })
        else { return }
        sink.warn(
            .nothingToCheck,
            config.settingMarks[.arePreCallChecksEnabled],
            "enable_pre_call_checks has nothing to check: no deployment has max_input_tokens",
            hint: "give it in model_info"
                + (hasPriceMap
                    ? "; the price list has none for these deployments"
                    : ", or a price list with --prices")
        )
    }

    private func health(_ config: RouteConfig) {
        guard contents.settings[.isHealthCheckRoutingEnabled] == .bool(true),
            [nil, .bool(false)].contains(contents.settings[.backgroundHealthChecks])
        else { return }
        sink.warn(
            .nothingToCheck,
            config.settingMarks[.isHealthCheckRoutingEnabled],
            "enable_health_check_routing has nothing to go by: nothing is checked",
            hint: "general_settings: {background_health_checks: true}"
        )
    }
}
