internal import Cryptography
internal import ProviderData
internal import RouteConfig
internal import RouteTable
internal import YAML

/// One entry of `model_list` as a deployment: its provider and its identifier.
struct DeploymentBuilder {
    let sink: DiagnosticSink
    /// Names of `environment_variables`.
    let variables: Set<String>

    /// Nil when LiteLLM would leave the deployment out, or when it is refused; reported.
    func build(_ config: DeploymentConfig) -> Deployment? {
        guard let (provider, model) = provider(config) else { return nil }
        return Deployment(
            id: id(config),
            provider: provider,
            upstreamModel: model,
            apiBase: config.apiBase,
            order: config.order,
            parameters: config.parameters
        )
    }

    private func id(_ config: DeploymentConfig) -> Deployment.ID {
        if let id = config.id { return Deployment.ID(text: id.value) }
        let digest = SHA256.hash(config.identity)
        return .derived(digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    private func provider(_ config: DeploymentConfig) -> (UInt16, Text)? {
        guard case .literal(let name) = config.model.value else {
            // The reference holds the prefix too: the sidecar resolves it when it loads.
            let forced = config.customProvider.flatMap { Provider.named($0.value)?.code }
            return (forced ?? 0, config.model.value)
        }
        var base: String?
        if case .literal(let literal)? = config.apiBase { base = literal }
        let match = Provider.resolve(
            model: name,
            customProvider: config.customProvider?.value,
            apiBase: base
        )
        guard let provider = match.provider else { return unknown(config, name, match) }
        let mark = config.customProvider?.mark ?? config.model.mark
        switch provider.dialect {
        case .refused:
            guard config.apiBase != nil, let hosted = Provider.named("hosted_vllm") else {
                sink.error(
                    .refusedProvider,
                    mark,
                    "\(provider.prefix)/ is LiteLLM's in-process engine, not an HTTP API",
                    hint: "use hosted_vllm/ with api_base: http://host:8000/v1"
                )
                return nil
            }
            return (hosted.code, .literal(match.upstreamModel))
        case .unsupported:
            if config.parameters[.mockResponse] == nil {
                sink.warn(
                    .unsupportedProvider,
                    mark,
                    "the provider \(provider.prefix) is not spoken here",
                    hint: "requests that can only go there get 501 and may fall back"
                )
            }
        case .bedrock: checkBedrock(config, match.upstreamModel)
        default:
            checkBase(config, provider, mark)
        }
        return (provider.code, .literal(match.upstreamModel))
    }

    /// A region is never guessed: without one the sidecar leaves the deployment out of use.
    private func checkBedrock(_ config: DeploymentConfig, _ model: String) {
        let settings = config.credential.merging(config.parameters) { $1 }
        let says: [ParameterKey] = [.awsRegion, .awsProfile, .mockResponse]
        guard says.allSatisfy({ settings[$0] == nil }),
            BedrockRegion.named(in: model) == nil, !model.contains("*"),
            variables.isDisjoint(with: Self.regionVariables)
        else { return }
        sink.warn(
            .missingRegion,
            config.model.mark,
            "no region is set for this deployment",
            hint: "set aws_region_name; else the sidecar takes AWS_REGION_NAME, AWS_REGION, "
                + "AWS_DEFAULT_REGION or the profile's, and without one leaves it out of use"
        )
    }

    private static let regionVariables: Set<String> = [
        "AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE",
    ]

    private func unknown(
        _ config: DeploymentConfig,
        _ name: String,
        _ match: ProviderMatch
    ) -> (UInt16, Text)? {
        if name == "*" {
            // The request's own name decides: `*` is replaced by what the pattern captured.
            return (0, config.model.value)
        }
        if config.parameters[.mockResponse] != nil, let mock = Provider.named("mock") {
            return (mock.code, config.model.value)
        }
        let mark = config.customProvider?.mark ?? config.model.mark
        if let prefix = match.unknownPrefix {
            sink.warn(
                .unknownProvider,
                mark,
                "unknown provider \(prefix); this deployment is left out",
                hint: nearest(prefix)
                    ?? "openai/… with api_base serves any server that speaks OpenAI's protocol"
            )
        } else {
            sink.warn(
                .unknownProvider,
                mark,
                "the provider of \(name) is not known; this deployment is left out",
                hint: "write provider/model, such as openai/\(name)"
            )
        }
        return nil
    }

    private func nearest(_ prefix: String) -> String? {
        let known = [
            "google": "gemini", "mistralai": "mistral", "nvidia": "nvidia_nim",
            "zhipu": "zai", "vllm_hosted": "hosted_vllm", "togetherai": "together_ai",
        ]
        return known[prefix].map { "did you mean \($0)/?" }
    }

    /// Without a base URL the sidecar has nothing to connect to.
    private func checkBase(_ config: DeploymentConfig, _ provider: Provider, _ mark: YAMLMark) {
        guard config.apiBase == nil, provider.defaultBase == nil, config.credentialName == nil,
            provider.dialect != .bedrock, provider.dialect != .mock,
            config.parameters[.mockResponse] == nil
        else { return }
        let variables = provider.baseVariables.joined(separator: " or ")
        sink.warn(
            .missingBase,
            mark,
            "\(provider.prefix)/ needs an api_base",
            hint: variables.isEmpty
                ? "add api_base" : "add api_base, or set \(variables) for the sidecar"
        )
    }
}
