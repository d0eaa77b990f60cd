internal import ProviderData
internal import Providers
internal import Telemetry

/// How a deployment, asked for one model, shows to clients, in metrics and in logs.
final class DeploymentFace {
    let key: Key
    let labels: DeploymentLabels
    /// The lines of an answer's head that say what answered.
    let answerLines: [UInt8]

    /// What makes one differ from another.
    struct Key: Hashable {
        let deployment: Int
        /// A catch-all has many.
        let provider: UInt16?
        /// A client may bring a base of its own, which is not shown.
        let base: String
        let model: String?

        init(_ deployment: ResolvedDeployment, _ model: String?) {
            self.deployment = deployment.index
            provider = deployment.provider?.code
            base = deployment.shownBase
            self.model = model
        }

        /// Whether `init` would give this; compared without copies.
        func stands(for deployment: ResolvedDeployment, _ model: String?) -> Bool {
            self.deployment == deployment.index && provider == deployment.provider?.code
                && base == deployment.shownBase && self.model == model
        }
    }

    init(_ deployment: ResolvedDeployment, _ key: Key) {
        self.key = key
        labels = deployment.labels(model: key.model)
        answerLines = AnswerHead.lines(of: deployment, model: key.model)
    }
}

extension ResolvedDeployment {
    /// How it shows in metrics and logs.
    /// - Parameter model: what the upstream was asked for; nil for what is configured.
    func labels(model: String?) -> DeploymentLabels {
        DeploymentLabels(
            id: id,
            model: model ?? upstreamModel,
            apiBase: shownBase,
            provider: provider?.prefix ?? "unknown"
        )
    }
}
