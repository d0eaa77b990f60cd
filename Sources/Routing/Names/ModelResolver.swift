package import RouteTable

/// Finds the model groups for a requested name (LiteLLM §5.1, steps 1 to 5).
///
/// Pure: the same table and name give the same groups, in the sidecar and in `explain`.
package struct ModelResolver: Sendable {
    private let table: RouteTable

    /// A resolver of one table; cheap to make.
    package init(table: RouteTable) {
        self.table = table
    }

    /// The groups that may serve a name, in the order in which to try them; none when the name is
    /// unknown.
    ///
    /// First wins: a model or alias of exactly this name; a deployment of this identifier, which
    /// pins that one; the most specific pattern that matches. An identifier comes before patterns,
    /// as in LiteLLM, since a catch-all `*` would hide all of them.
    package func resolve(_ name: Span<UInt8>) -> ResolvedGroups {
        switch table.lookUp(name: name) {
        case .model(let index):
            return ResolvedGroups(
                ResolvedGroup(model: index, publicName: .table(table.model(at: index).name))
            )
        case .alias(let index):
            return resolveAlias(table.alias(at: index))
        case nil: break
        }
        if let index = table.deploymentIndex(id: name) {
            return ResolvedGroups(
                ResolvedGroup(
                    model: table.deployment(at: index).model,
                    publicName: .requested(text(name)),
                    pinnedDeployment: index
                )
            )
        }
        guard let found = matchPattern(name) else { return ResolvedGroups() }
        return ResolvedGroups(
            ResolvedGroup(
                model: found.model,
                publicName: .requested(found.match.name),
                match: found.match
            )
        )
    }

    /// The groups that may serve a name.
    package func resolve(_ name: String) -> ResolvedGroups {
        resolve(name.utf8Span.span)
    }

    /// One hop only: an alias's target is a model or matches a pattern, but is no other alias.
    /// Targets that are neither are passed over.
    private func resolveAlias(_ alias: AliasRecord) -> ResolvedGroups {
        if alias.targets.count == 1, let model = alias.targets[0].model {
            return ResolvedGroups(ResolvedGroup(model: model, publicName: .table(alias.name)))
        }
        var groups: [ResolvedGroup] = []
        for target in alias.targets {
            if let model = target.model {
                groups.append(ResolvedGroup(model: model, publicName: .table(alias.name)))
            } else if let found = matchPattern(table.bytes(of: target.name)) {
                groups.append(
                    ResolvedGroup(
                        model: found.model,
                        publicName: .table(alias.name),
                        match: found.match
                    )
                )
            }
        }
        return ResolvedGroups(groups)
    }

    private func matchPattern(
        _ name: Span<UInt8>
    ) -> (model: Int, match: ResolvedGroup.PatternMatch)? {
        for place in 0..<table.counts.patterns {
            let model = table.pattern(at: place)
            let pattern = table.bytes(of: table.model(at: model).name)
            guard let ranges = WildcardMatch.captures(of: name, pattern: pattern) else { continue }
            let captures = ranges.map { text(name.extracting($0)) }
            return (model, ResolvedGroup.PatternMatch(name: text(name), captures: captures))
        }
        return nil
    }

    /// What to call the model towards a deployment of a resolved group: the deployment's own name
    /// for it, with a pattern's captures in it; nil when it is a reference without a value.
    ///
    /// A name that is a reference still holds the provider's prefix.
    package func upstreamModelName(
        deployment index: Int,
        group: ResolvedGroup,
        values: ReferenceValues
    ) -> String? {
        let deployment = table.deployment(at: index)
        guard let target = table.resolve(deployment.upstreamModel, using: values) else {
            return nil
        }
        guard let match = group.match else { return target }
        return WildcardMatch.substitute(match.captures, requested: match.name, into: target)
    }

    private func text(_ bytes: Span<UInt8>) -> String {
        unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
