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
        return KnownKey.parameters(of: section).compactMap { known in
            guard isWanted(known.key), let stored = set[known.key],
                let value = parameters.value(stored, known.form),
                written.insert(known.key).inserted
            else { return nil }
            return (known.name, value)
        }
    }

    private func models() -> YAMLTree {
        .list(
            contents.models.flatMap { model in
                model.deployments.map { DeploymentYAML(self, model.name, $0).entry() }
            }
        )
    }
}
