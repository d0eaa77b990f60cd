internal import RouteConfig
package import RouteTable

/// A table's contents in the format that they were compiled from: compiled again, they give the
/// same table, as long as no secret is masked.
package struct ConfigYAML {
    let parameters: ParameterYAML
    let contents: TableContents

    /// A configuration file.
    ///
    /// - Parameter revealsSecrets: whether literal secrets are written; `***` stands for them
    ///   otherwise.
    package static func render(_ contents: TableContents, revealsSecrets: Bool = false) -> String {
        let shown = revealsSecrets ? contents : TableMask.masked(contents, []).0
        let writer = ConfigYAML(
            parameters: ParameterYAML(revealsSecrets: revealsSecrets),
            contents: shown
        )
        var text = ""
        if contents.generation != 0 { text += "# generation \(contents.generation)\n" }
        if case .digest? = contents.settings[.masterKeyDigest], !revealsSecrets {
            text += "# the SHA-256 of the master key is left out\n"
        }
        return text + writer.root().render()
    }

    private func root() -> YAMLTree {
        var members: [(String, YAMLTree)] = []
        func add(_ name: String, _ value: YAMLTree) {
            if !value.isEmpty { members.append((name, value)) }
        }
        add("environment_variables", environment())
        add("credential_list", credentials())
        members.append(("model_list", models()))
        add("litellm_settings", litellmSettings())
        add("router_settings", routerSettings())
        add("general_settings", generalSettings())
        add("sidegate", sidegate())
        return .mapping(members)
    }

    // MARK: Sections

    private func environment() -> YAMLTree {
        .mapping(contents.environment.map { ($0.name, parameters.text($0.value)) })
    }

    /// The named ones; the others stand at their deployments.
    private func credentials() -> YAMLTree {
        .list(
            contents.credentials.filter { !$0.name.isEmpty }.map { credential in
                var values = credential.parameters
                let info = values.removeValue(forKey: .credentialInfo)
                var members: [(String, YAMLTree)] = [
                    ("credential_name", .text(credential.name)),
                    ("credential_values", .mapping(self.credentials(values))),
                ]
                if case .json(let pieces)? = info {
                    members.append(("credential_info", parameters.json(pieces)))
                }
                return .mapping(members)
            }
        )
    }

    /// Parameters of a credential, as `litellm_params` has them.
    func credentials(_ set: ParameterSet) -> [(String, YAMLTree)] {
        var members = section(.litellmParams, set) { (100..<200).contains($0.rawValue) }
        if case .text(let organization)? = set[.organization] {
            members.append(("organization", parameters.text(organization)))
        }
        return members
    }

    /// The parameters of a set that a section can hold, each once, in the section's order.
    func section(
        _ section: KnownKey.Section,
        _ set: ParameterSet,
        where isWanted: (ParameterKey) -> Bool = { _ in true }
    ) -> [(String, YAMLTree)] {
        var written: Set<ParameterKey> = []
        return KnownKey.all.compactMap { known in
            guard known.section == section, case .parameter(let key, let form) = known.fate,
                isWanted(key), let stored = set[key],
                let value = parameters.value(stored, form), written.insert(key).inserted
            else { return nil }
            return (known.name, value)
        }
    }

    private func models() -> YAMLTree {
        .list(deploymentsInOrder().map { DeploymentYAML(self, $0.model, $0.deployment).entry() })
    }

    /// Deployments in an order that numbers the unnamed credentials as they are numbered: a model's
    /// keep theirs, and of the models the one is next whose deployment needs no later credential.
    private func deploymentsInOrder() -> [(model: String, deployment: Deployment)] {
        var places = [Int](repeating: 0, count: contents.models.count)
        var order: [(model: String, deployment: Deployment)] = []
        var waiting: [Int: [Int]] = [:]
        var reached = contents.credentials.prefix { !$0.name.isEmpty }.count
        func advance(_ index: Int) {
            let model = contents.models[index]
            while places[index] < model.deployments.count {
                let deployment = model.deployments[places[index]]
                if let credential = deployment.credential, credential >= reached {
                    waiting[credential, default: []].append(index)
                    return
                }
                order.append((model.name, deployment))
                places[index] += 1
            }
        }
        for index in contents.models.indices { advance(index) }
        while let next = waiting.keys.min(), let models = waiting.removeValue(forKey: next) {
            reached = next + 1
            for index in models { advance(index) }
        }
        return order
    }
}
