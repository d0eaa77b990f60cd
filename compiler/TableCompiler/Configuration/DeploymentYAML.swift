internal import ProviderData
internal import RouteConfig
internal import RouteTable

/// One deployment as an entry of `model_list`.
struct DeploymentYAML {
    private let config: ConfigYAML
    private let model: String
    private let deployment: Deployment
    private var parameters: ParameterYAML { config.parameters }

    init(_ config: ConfigYAML, _ model: String, _ deployment: Deployment) {
        self.config = config
        self.model = model
        self.deployment = deployment
    }

    func entry() -> YAMLTree {
        .mapping([
            ("model_name", .text(model)), ("litellm_params", .mapping(litellmParams())),
            ("model_info", .mapping(modelInfo())),
        ])
    }

    private func litellmParams() -> [(String, YAMLTree)] {
        var members = upstream()
        if let base = deployment.apiBase { members.append(("api_base", parameters.text(base))) }
        members += credential()
        members.append(("weight", .number(Double(deployment.weight) / 1000)))
        if let order = deployment.order { members.append(("order", .plain(String(order)))) }
        if case .text(let mock)? = deployment.parameters[.mockResponse] {
            members.append(("mock_response", parameters.text(mock)))
        }
        members += config.section(.litellmParams, deployment.parameters)
        for key in [ParameterKey.otherPrices, .defaultParameters] {
            if case .json(let pieces)? = deployment.parameters[key] {
                members += parameters.members(pieces)
            }
        }
        return members
    }

    /// The model with its provider's prefix, or the provider by itself where that says it better.
    private func upstream() -> [(String, YAMLTree)] {
        let provider = Provider.coded(deployment.provider)
        guard case .literal(let name) = deployment.upstreamModel, let provider else {
            let forced = provider.map { [("custom_llm_provider", YAMLTree.text($0.prefix))] } ?? []
            return [("model", parameters.text(deployment.upstreamModel))] + forced
        }
        let prefixed = provider.prefix + "/" + name
        var base: String?
        if case .literal(let literal)? = deployment.apiBase { base = literal }
        let match = Provider.resolve(model: prefixed, customProvider: nil, apiBase: base)
        if match.provider?.code == provider.code, match.upstreamModel == name {
            return [("model", .text(prefixed))]
        }
        return [("model", .text(name)), ("custom_llm_provider", .text(provider.prefix))]
    }

    private func credential() -> [(String, YAMLTree)] {
        guard let index = deployment.credential, config.contents.credentials.indices.contains(index)
        else { return [] }
        let credential = config.contents.credentials[index]
        if !credential.name.isEmpty {
            return [("litellm_credential_name", .text(credential.name))]
        }
        return config.credentials(credential.parameters)
    }

    /// What it holds for `/model/info`, and beside that only what has no other place.
    private func modelInfo() -> [(String, YAMLTree)] {
        var members: [(String, YAMLTree)] = [("id", .text(deployment.id.text))]
        if case .json(let pieces)? = deployment.parameters[.modelInfo] {
            members += parameters.members(pieces)
        }
        return members
    }
}
