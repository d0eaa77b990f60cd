internal import JSON
package import RouteTable

/// What the table says of a model group's routing: worked out once a table, the same for the
/// sidecar and for `explain`.
package struct GroupPolicy: Sendable {
    package var strategyName = StrategyName.simpleShuffle
    package var strategy: any SelectionStrategy = SimpleShuffle()
    package var arguments = StrategyArguments()
    /// Whether `rpm` and `tpm` are limits.
    package var enforcesMinuteLimits = false
    /// `enable_pre_call_checks`.
    package var checksContextWindow = false
    /// `enable_tag_filtering`.
    package var filtersByTags = false
    /// `tag_filtering_match_any`.
    package var matchesAnyTag = true
    /// Whether what background checks find counts.
    package var heedsHealth = true
    package var retry = RetryPolicy()
    package var cooldown = CooldownPolicy()
    package var fallbackDepthMax = FallbackWalk.standardDepthMax

    /// LiteLLM's defaults.
    package init() {}

    /// The policy of one model.
    package init(table: RouteTable, model: Int, values: ReferenceValues) {
        let settings = table.settings
        let own = table.model(at: model).parameters
        // A group's own strategy comes with its own arguments.
        let source = own.contains(.strategy) ? own : settings
        if let name = source.string(.strategy, using: values).flatMap(StrategyName.init(spelling:))
        {
            strategyName = name
        }
        if let text = source.json(.strategyArguments).flatMap({
            table.resolve(json: $0, using: values)
        }), let json = try? JSONValue(parsing: text) {
            arguments = StrategyArguments(json)
        }
        strategy = strategyName.make(arguments)
        enforcesMinuteLimits =
            settings.bool(.enforceModelRateLimits, using: values) == true
            || strategyName.limitsByMinute
        checksContextWindow = settings.bool(.arePreCallChecksEnabled, using: values) == true
        filtersByTags = settings.bool(.isTagFilteringEnabled, using: values) == true
        matchesAnyTag = settings.bool(.tagMatchAny, using: values) ?? true
        heedsHealth = settings.bool(.isHealthCheckRoutingEnabled, using: values) ?? true
        fallbackDepthMax =
            settings.integer(.maxFallbacks, using: values) ?? FallbackWalk.standardDepthMax
        retry = RetryPolicy(table: table, model: own, values: values)
        cooldown = CooldownPolicy(table: table, values: values)
    }

    /// Whether a choice needs an estimate of the request's tokens.
    package var needsInputTokens: Bool { checksContextWindow || enforcesMinuteLimits }

    /// Whether a choice needs the prompt's beginning.
    package var needsPrefix: Bool { strategyName == .prefixAffinity }
}

extension RetryPolicy {
    init(table: RouteTable, model: Parameters, values: ReferenceValues) {
        let settings = table.settings
        count = settings.integer(.numRetries, using: values) ?? RetryPolicy.standardCount
        waitMinMS = UInt64(max(0, settings.integer(.retryAfterMS, using: values) ?? 0))
        let general = settings.counts(.retryPolicy, suffix: "Retries", table, values)
        let own = model.counts(.retryPolicy, suffix: "Retries", table, values)
        counts = general.merging(own) { _, own in own }
    }
}

extension CooldownPolicy {
    init(table: RouteTable, values: ReferenceValues) {
        let settings = table.settings
        isDisabled = settings.bool(.areCooldownsDisabled, using: values) == true
        if let time = settings.integer(.cooldownMS, using: values) {
            cooldownMS = UInt64(max(0, time))
        }
        allowedFails = settings.allowedFails(values)
        allowedByKind = settings.counts(.allowedFailsPolicy, suffix: "AllowedFails", table, values)
    }
}

extension CooldownPolicy.Override {
    /// What a deployment's parameters say; nil when that is nothing.
    init?(_ parameters: Parameters, table: RouteTable, values: ReferenceValues) {
        cooldownMS = parameters.integer(.cooldownMS, using: values).map { UInt64(max(0, $0)) }
        allowedFails = parameters.allowedFails(values)
        allowedByKind = parameters.counts(
            .allowedFailsPolicy,
            suffix: "AllowedFails",
            table,
            values
        )
        if cooldownMS == nil, allowedFails == nil, allowedByKind.isEmpty { return nil }
    }
}

extension Parameters {
    fileprivate func allowedFails(_ values: ReferenceValues) -> Int? {
        integer(.allowedFails, using: values).flatMap {
            $0 == CooldownPolicy.allowedFailsUnset ? nil : $0
        }
    }

    /// A policy's pairs of LiteLLM's name and count, by the kinds that the name stands for.
    fileprivate func counts(
        _ key: ParameterKey,
        suffix: String,
        _ table: RouteTable,
        _ values: ReferenceValues
    ) -> [FailureKind: Int] {
        guard let list = list(key).flatMap({ table.resolve($0, using: values) }) else { return [:] }
        var counts: [FailureKind: Int] = [:]
        var standard: Int?
        for place in stride(from: 0, to: list.count - 1, by: 2) {
            guard let count = Int(list[place + 1]) else { continue }
            if list[place] == "Default" + suffix { standard = count }
            for kind in FailureKind.allCases where kind.policyName + suffix == list[place] {
                counts[kind] = count
            }
        }
        if let standard {
            for kind in FailureKind.allCases where kind.isTransient && counts[kind] == nil {
                counts[kind] = standard
            }
        }
        return counts
    }
}
