internal import RouteConfig

/// The shares of a group's deployments under `simple-shuffle`, in thousandths: the first of weight,
/// rpm and tpm that any deployment of the same order has (LiteLLM §5.2); equal when none has one.
/// Orders are told apart since only the deployments of one order are ever drawn from together.
/// Under another strategy rpm and tpm are no shares.
struct DeploymentWeights {
    private(set) var values: [UInt32]

    init(_ group: [DeploymentConfig], strategy: ModelStrategy, sink: DiagnosticSink) {
        values = Array(repeating: 1000, count: group.count)
        for places in Dictionary(grouping: group.indices, by: { group[$0].order }).values {
            weigh(places, group, strategy, sink)
        }
    }

    private mutating func weigh(
        _ places: [Int],
        _ group: [DeploymentConfig],
        _ strategy: ModelStrategy,
        _ sink: DiagnosticSink
    ) {
        for (name, metric) in strategy.mayShuffle ? Self.metrics : Array(Self.metrics.prefix(1)) {
            let metrics = places.map { metric(group[$0]) ?? 0 }
            guard metrics.contains(where: { $0 > 0 }) else {
                zeroes(places.filter { metric(group[$0]) == 0 }, name, group, strategy, sink)
                continue
            }
            for (place, share) in zip(places, Self.thousandths(metrics)) {
                values[place] = share
                guard share == 0, strategy.isShuffle else { continue }
                sink.warn(
                    .zeroWeight,
                    group[place].mark,
                    "this deployment of \(group[place].modelName.value) is chosen only when no "
                        + "other is left",
                    hint: "another one has a \(name), so each needs one; it is its share here"
                )
            }
            return
        }
    }

    /// Zeros alone are no shares.
    private func zeroes(
        _ places: [Int],
        _ name: String,
        _ group: [DeploymentConfig],
        _ strategy: ModelStrategy,
        _ sink: DiagnosticSink
    ) {
        // A limit of 0 is reported as one.
        guard name == "weight", strategy.isShuffle, let first = places.first else { return }
        sink.warn(
            .zeroWeight,
            group[first].mark,
            "weight: 0 keeps no request from \(group[first].modelName.value): none has a weight",
            hint: "give each a weight above 0; model_info.blocked: true takes one out of use"
        )
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
