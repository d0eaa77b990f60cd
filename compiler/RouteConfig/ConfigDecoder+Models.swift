internal import RouteTable
internal import YAML

/// `model_list`, `credential_list` and `environment_variables`.
extension ConfigDecoder {
    mutating func models(_ section: YAMLEntry) {
        let items = sequence(section)
        for item in items {
            guard let entries = item.entries else {
                sink.error(.wrongType, item.mark, "an entry of model_list must be a mapping")
                continue
            }
            check(entries, in: .modelEntry)
            deployment(item)
        }
        if items.isEmpty, section.value.items != nil || section.value.isNull {
            sink.warn(.noModels, section.keyMark, "model_list is empty")
        }
    }

    private mutating func deployment(_ item: YAMLNode) {
        guard let name = required(item, "model_name"), let params = item["litellm_params"],
            params.entries != nil
        else {
            if item["litellm_params"]?.entries == nil {
                sink.error(
                    .missingKey,
                    item["litellm_params"]?.mark ?? item.mark,
                    "litellm_params is missing",
                    hint: "it holds the model and how to reach it"
                )
            }
            return
        }
        guard let model = required(params, "model") else { return }
        if case .reference = text(name, isSecret: false, "model_name") {
            sink.warn(
                .notExpanded,
                name.mark,
                "a public name cannot be a reference",
                hint: "it is taken as it stands"
            )
        }
        var deployment = DeploymentConfig(
            modelName: Placed(name.scalar?.text ?? "", at: name.mark),
            model: Placed(text(model, isSecret: false, "model") ?? .literal(""), at: model.mark),
            identity: "",
            mark: item.mark
        )
        litellmParams(params, into: &deployment)
        if let info = item["model_info"], let entries = info.entries {
            modelInfo(entries, into: &deployment)
        } else if let info = item["model_info"], !info.isNull {
            wrong(info, "model_info", "a mapping")
        }
        // The older place of the limits wins (LiteLLM §1.4).
        for (key, parameter) in [
            ("rpm", ParameterKey.requestsPerMinute), ("tpm", .tokensPerMinute),
        ] {
            guard let entry = item.entries?.first(where: { $0.key.text == key }) else { continue }
            if let value = setting(entry, parameter, .integer) {
                deployment.parameters[parameter] = value
                deployment.limitMark = deployment.limitMark ?? entry.keyMark
            }
        }
        config.deployments += organizations(params, deployment, name: name.scalar?.text ?? "")
    }

    /// A key that must be there and be a string.
    func required(_ node: YAMLNode, _ name: String) -> YAMLNode? {
        guard let value = node[name], !value.isNull else {
            sink.error(
                .missingKey,
                node[name]?.mark ?? node.mark,
                "\(name) is missing"
            )
            return nil
        }
        guard let scalar = value.scalar, case .string = scalar.value else {
            sink.error(
                .wrongType,
                value.mark,
                "\(name) must be a string",
                hint: value.scalar == nil ? nil : "quote it"
            )
            return nil
        }
        guard !scalar.text.isEmpty else {
            sink.error(.missingKey, value.mark, "\(name) is empty")
            return nil
        }
        return value
    }

    /// A list of organizations stands for one deployment each (LiteLLM §1.5).
    private func organizations(
        _ params: YAMLNode,
        _ deployment: DeploymentConfig,
        name: String
    ) -> [DeploymentConfig] {
        let entries = params.entries ?? []
        guard let place = entries.firstIndex(where: { $0.key.text == "organization" }),
            !entries[place].value.isNull
        else { return [deployment.identified(name, entries)] }
        let items = entries[place].value.items ?? [entries[place].value]
        return items.compactMap { item in
            guard let text = text(item, isSecret: false, "organization") else { return nil }
            var copy = deployment
            copy.credential[.organization] = .text(text)
            if items.count > 1 { copy.id = nil }
            var own = entries
            own[place].value = item
            return copy.identified(name, own)
        }
    }

    private func litellmParams(_ params: YAMLNode, into deployment: inout DeploymentConfig) {
        var requestDefaults = JSONPieces()
        var otherPrices = JSONPieces()
        for entry in params.entries ?? [] {
            let name = entry.key.text
            switch KnownKey.find(.litellmParams, name)?.fate {
            case .parameter(let key, let form):
                guard let value = setting(entry, key, form) else { continue }
                if key == .requestsPerMinute || key == .tokensPerMinute {
                    deployment.limitMark = deployment.limitMark ?? entry.keyMark
                }
                if (100..<200).contains(key.rawValue) {
                    deployment.credential[key] = value
                } else {
                    deployment.parameters[key] = value
                }
            case .handled: handled(entry, into: &deployment)
            case .noEffect, .guarded, .refused: check([entry], in: .litellmParams)
            case nil where Self.isPrice(name): otherPrices.addMember(name, entry.value)
            case nil: requestDefault(entry, &requestDefaults)
            }
        }
        deployment.requestsPerMinute = params["rpm"].flatMap(number)
        deployment.tokensPerMinute = params["tpm"].flatMap(number)
        if !requestDefaults.pieces.isEmpty {
            deployment.parameters[.defaultParameters] = .json(requestDefaults.pieces)
        }
        if !otherPrices.pieces.isEmpty {
            deployment.parameters[.otherPrices] = .json(otherPrices.object())
        }
    }

    /// Any other field of LiteLLM's price map.
    private static func isPrice(_ name: String) -> Bool {
        name.holds("_cost_per_") || name.hasSuffix("_token_cost")
            || name.holds("_token_cost_")
    }

    /// An unknown parameter goes to the upstream with every request (LiteLLM §1.5).
    private func requestDefault(_ entry: YAMLEntry, _ defaults: inout JSONPieces) {
        let name = entry.key.text
        if name.hasPrefix("supports_") {
            sink.warn(
                .misplacedKey,
                entry.keyMark,
                "\(name) has no effect in litellm_params",
                hint: "it belongs to model_info"
            )
            return
        }
        if entry.value.isNull { return }
        if let near = suggestions.nearest(to: name, in: .litellmParams) {
            sink.warn(
                .unknownKey,
                entry.keyMark,
                "\(name) is sent to the upstream in every request",
                hint: "did you mean \(near)?"
            )
        }
        defaults.addMember(name, entry.value)
    }

    private func handled(_ entry: YAMLEntry, into deployment: inout DeploymentConfig) {
        let node = entry.value
        if node.isNull { return }
        let name = entry.key.text
        switch name {
        case "api_base", "base_url":
            if node.scalar?.text.isEmpty ?? false { return }
            deployment.apiBase = baseURL(node, name)
            deployment.apiBaseMark = node.mark
        case "custom_llm_provider":
            guard let text = node.scalar?.text else { return wrong(node, name, "a string") }
            deployment.customProvider = Placed(text, at: node.mark)
        case "litellm_credential_name":
            guard let text = node.scalar?.text else { return wrong(node, name, "a string") }
            deployment.credentialName = Placed(text, at: node.mark)
        case "weight":
            guard let weight = number(node), weight >= 0 else {
                return wrong(node, name, "a number, 0 or more")
            }
            deployment.weight = weight
        case "order":
            guard let order = number(node), let exact = Int16(exactly: order), exact < .max else {
                return wrong(node, name, "a whole number from -32768 to 32766")
            }
            deployment.order = exact
        case "mock_response":
            if let text = text(node, isSecret: false, name) {
                deployment.parameters[.mockResponse] = .text(text)
            }
        default: break  // `model` and `organization` are read before.
        }
    }

    private func modelInfo(_ entries: [YAMLEntry], into deployment: inout DeploymentConfig) {
        var shown = JSONPieces()
        for entry in entries where entry.key.text != "id" {
            shown.addMember(entry.key.text, entry.value)
        }
        if let id = entries.first(where: { $0.key.text == "id" })?.value, !id.isNull {
            if let text = id.scalar?.text, !text.isEmpty {
                deployment.id = Placed(text, at: id.mark)
            } else {
                wrong(id, "id", "a string")
            }
        }
        var found: ParameterSet = [:]
        // What is unknown there is for people to read; what is known and inert is said.
        check(entries.filter { KnownKey.find(.modelInfo, $0.key.text) != nil }, in: .modelInfo)
        parameters(entries, in: .modelInfo, into: &found)
        // What litellm_params says about a price or a time wins.
        deployment.parameters.merge(found) { own, _ in own }
        if !shown.pieces.isEmpty { deployment.parameters[.modelInfo] = .json(shown.object()) }
    }

    mutating func credentials(_ section: YAMLEntry) {
        for item in sequence(section) {
            guard let entries = item.entries else {
                sink.error(.wrongType, item.mark, "an entry of credential_list must be a mapping")
                continue
            }
            check(entries, in: .credential)
            guard let name = required(item, "credential_name") else { continue }
            var parameters: ParameterSet = [:]
            if let values = item["credential_values"], !values.isNull {
                if values.entries == nil { wrong(values, "credential_values", "a mapping") }
                check(values.entries ?? [], in: .credentialValues)
                self.parameters(values.entries ?? [], in: .credentialValues, into: &parameters)
            }
            if let info = item["credential_info"], !info.isNull {
                parameters[.credentialInfo] = .json(JSONPieces.value(info))
            }
            let base = item["credential_values"]?["api_base"].flatMap { node in
                node.isNull ? nil : baseURL(node, "api_base")
            }
            let organization = item["credential_values"]?["organization"].flatMap { node in
                node.isNull ? nil : text(node, isSecret: false, "organization")
            }
            if let organization { parameters[.organization] = .text(organization) }
            config.credentials.append(
                CredentialConfig(
                    name: Placed(name.scalar?.text ?? "", at: name.mark),
                    apiBase: base,
                    parameters: parameters
                )
            )
        }
    }

    mutating func environment(_ section: YAMLEntry) {
        for entry in mapping(section) where !entry.value.isNull && !entry.key.text.isEmpty {
            let name = entry.key.text
            let isSecret = SecretMask.isSecretName(name)
            let value =
                isSecret ? secret(entry.value, name) : text(entry.value, isSecret: false, name)
            guard let value else { continue }
            config.environment.append(EnvironmentVariable(name: name, value: value))
        }
    }
}

extension DeploymentConfig {
    /// With the text that LiteLLM's default identifier is a digest of: the public name, then every
    /// parameter's name and value in the order of the file (LiteLLM §1.4).
    fileprivate func identified(_ name: String, _ entries: [YAMLEntry]) -> DeploymentConfig {
        var copy = self
        copy.identity = entries.reduce(into: name) { text, entry in
            text += entry.key.text + PythonText.str(entry.value)
        }
        return copy
    }
}
