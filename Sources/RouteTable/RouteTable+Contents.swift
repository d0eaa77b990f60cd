extension RouteTable {
    /// The whole table as values, for `inspect` and `diff`. Models, aliases, virtual keys and
    /// fallback rules are sorted; what this version does not know is left out.
    package func contents() -> TableContents {
        var contents = TableContents()
        contents.generation = generation
        contents.settings = settings.contents()
        contents.models = (0..<counts.models).map { modelContents(model(at: $0)) }
        contents.aliases = (0..<counts.aliases).map { index in
            let alias = alias(at: index)
            return Alias(
                name: string(alias.name),
                targets: alias.targets.map { string($0.name) },
                isHidden: alias.isHidden
            )
        }
        contents.credentials = (0..<counts.credentials).map { index in
            let credential = credential(at: index)
            return Credential(
                name: string(credential.name),
                parameters: credential.parameters.contents()
            )
        }
        contents.virtualKeys = (0..<counts.virtualKeys).map { index in
            VirtualKey(
                digest: virtualKeyDigest(at: index),
                parameters: virtualKeyParameters(at: index).contents()
            )
        }
        contents.fallbacks = (0..<counts.fallbacks).map { index in
            let rule = fallback(at: index)
            return FallbackRule(
                trigger: rule.trigger,
                model: string(rule.model),
                targets: rule.targets.map { string($0.name) }
            )
        }
        contents.environment = (0..<counts.environment).map { index in
            let variable = environment(at: index)
            return EnvironmentVariable(
                name: string(variable.name),
                value: self.contents(variable.value)
            )
        }
        return contents
    }

    private func modelContents(_ model: ModelRecord) -> Model {
        Model(
            name: string(model.name),
            parameters: model.parameters.contents(),
            deployments: model.deployments.map { deploymentContents(deployment(at: $0)) }
        )
    }

    private func deploymentContents(_ deployment: DeploymentRecord) -> Deployment {
        let id: Deployment.ID =
            switch deployment.id {
            case .explicit(let id): .explicit(string(id))
            case .derived(let value): .derived(value)
            }
        return Deployment(
            id: id,
            provider: deployment.provider,
            upstreamModel: contents(deployment.upstreamModel),
            apiBase: deployment.apiBase.map { contents($0) },
            credential: deployment.credential,
            weight: deployment.weight,
            order: deployment.order,
            parameters: deployment.parameters.contents()
        )
    }

    /// A text as a value.
    package func contents(_ text: TextRef) -> Text {
        switch text.kind {
        case .literal(let id): .literal(string(id))
        case .secret(let id): .secret(string(id))
        case .reference(let index): .reference(references[index])
        }
    }
}
