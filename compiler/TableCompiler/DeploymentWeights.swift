internal import RouteConfig

/// The shares of a group's deployments under `simple-shuffle`, in thousandths: the first of weight,
/// rpm and tpm that any of them has (LiteLLM §5.2); equal when none has one. Under another strategy
/// rpm and tpm are limits, not shares.
struct DeploymentWeights {
    private(set) var values: [UInt32]

    init(_ group: [DeploymentConfig], isShuffle: Bool, sink: DiagnosticSink) {
        values = Array(repeating: 1000, count: group.count)
        for (name, metric) in isShuffle ? Self.metrics : Array(Self.metrics.prefix(1)) {
            let metrics = group.map { metric($0) ?? 0 }
            guard metrics.contains(where: { $0 > 0 }) else { continue }
            values = Self.thousandths(metrics)
            for (deployment, weight) in zip(group, metrics) where weight <= 0 && isShuffle {
                sink.warn(
                    .zeroWeight,
                    deployment.mark,
                    "this deployment of \(deployment.modelName.value) is never chosen",
                    hint: "another one has a \(name), so each needs one; it is its share here"
                )
            }
            return
        }
    }

    private static let metrics: [(String, @Sendable (DeploymentConfig) -> Double?)] = [
        ("weight", { $0.weight }),
        ("rpm", { $0.requestsPerMinute }),
        ("tpm", { $0.tokensPerMinute }),
    ]

    /// Scaled down together where a share would not fit, never to zero.
    private static func thousandths(_ metrics: [Double]) -> [UInt32] {
        let largest = (metrics.max() ?? 0) * 1000
        let scale = largest > Double(UInt32.max) ? Double(UInt32.max) / largest : 1
        return metrics.map { metric in
            guard metric > 0 else { return 0 }
            return UInt32(max(1, min((metric * 1000 * scale).rounded(), Double(UInt32.max))))
        }
    }
}
