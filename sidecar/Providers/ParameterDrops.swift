package import OpenAI
internal import ProviderData
internal import RouteTable

/// `drop_params` of one deployment: whether it is on, and what the provider does not take. Worked
/// out once for a model; behind a pattern, once for each family of models.
final class ParameterDrops {
    /// The deployment's own `drop_params`, else `litellm_settings.drop_params`.
    let isOn: Bool

    private let provider: Provider?
    private let baseModel: String?
    private let allowed: [[UInt8]]
    private var known: [ModelFamily: UnsupportedParameters] = [:]
    private var last: (model: String, parameters: UnsupportedParameters)?

    init(_ source: DeploymentSource, provider: Provider?) {
        let parameters = source.record.parameters
        let settings = source.table.settings
        isOn =
            parameters.bool(.dropParams, using: source.values)
            ?? settings.bool(.dropParams, using: source.values) ?? false
        self.provider = provider
        baseModel = parameters.string(.baseModel, using: source.values)
        allowed = (parameters.list(.allowedOpenAIParams).map(Array.init) ?? []).compactMap {
            source.table.resolve($0, using: source.values).map { Array($0.utf8) }
        }
    }

    /// `allowed_openai_params`.
    var allowedNames: [[UInt8]] { allowed }

    /// What the provider does not take of a request for `model`, its own name for it.
    func unsupported(model: String) -> UnsupportedParameters {
        if let last, last.model == model { return last.parameters }
        guard let provider else { return .none }
        let family = provider.family(ofModel: baseModel ?? model)
        let parameters =
            known[family]
            ?? UnsupportedParameters(provider.parameterSupport(family)).allowing(allowed)
        known[family] = parameters
        last = (model, parameters)
        return parameters
    }
}

extension UnsupportedParameters {
    fileprivate init(_ support: ParameterSupport) {
        self.init(
            parameters: support.unsupported.map {
                Parameter($0.name, except: Exception($0.exception))
            },
            renames: support.renamed.map { Rename(from: $0.from, to: $0.to) }
        )
    }
}

extension UnsupportedParameters.Exception {
    fileprivate init(_ exception: ParameterSupport.Exception) {
        self =
            switch exception {
            case .never: .never
            case .one: .one
            case .withoutReasoning: .withoutReasoning
            case .oneOrWithoutReasoning: .oneOrWithoutReasoning
            }
    }
}

extension ResolvedDeployment {
    /// What is changed in the body of one request, without its model.
    ///
    /// `drop_params` counts for chat completions, whose parameters it is about: the request's own
    /// wins over the deployment's, which wins over the table's. `additional_drop_params` counts for
    /// all bodies; the request's are added to the deployment's.
    ///
    /// - Parameter model: the upstream's name for it, a pattern's captures put in.
    package func policy(
        for endpoint: Endpoint,
        model: String,
        controls: RequestControls?
    ) -> RequestPolicy {
        var policy = self.policy
        if let controls { policy.drop(controls.additionalDropParams) }
        if endpoint == .chatCompletions, controls?.dropParams ?? drops.isOn {
            policy.unsupported = drops.unsupported(model: model)
                .allowing(controls?.allowedOpenAIParams ?? [])
        }
        return policy
    }
}
