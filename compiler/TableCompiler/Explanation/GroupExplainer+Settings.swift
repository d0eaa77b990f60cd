internal import RouteTable
internal import Routing

extension GroupExplainer {
    /// What the strategy goes by, whether the table says it or not.
    func arguments(_ policy: GroupPolicy) -> [String] {
        let arguments = policy.arguments
        switch policy.strategyName {
        case .latencyBased:
            return [
                "lowest_latency_buffer \(Shown.number(arguments.latencyBuffer))",
                "ttl \(Shown.seconds(arguments.latencyTTLMS))",
                "max_latency_list_size \(arguments.latencySamplesMax)",
            ]
        case .prefixAffinity:
            return [
                "prefix_bytes \(arguments.prefixBytes)",
                "load_factor \(Shown.number(arguments.loadFactor))",
            ]
        default: return []
        }
    }

    /// The deployments that may be tried.
    private var usable: [Int] {
        resolved.deployments(in: table).filter { outlooks[$0]?.refusal == nil }
    }

    func retries(_ policy: GroupPolicy) -> Explanation.Retries {
        Explanation.Retries(
            count: policy.retry.count,
            byKind: Self.counted(policy.retry.counts),
            ofDeployments: usable.compactMap { index in
                group.retries[Int32(index)].map { .init(name: shownID(index), count: $0) }
            },
            waitMinMS: policy.retry.waitMinMS
        )
    }

    func cooldown(_ policy: GroupPolicy) -> Explanation.Cooldown {
        Explanation.Cooldown(
            isDisabled: policy.cooldown.isDisabled,
            milliseconds: policy.cooldown.cooldownMS,
            allowedFails: policy.cooldown.allowedFails,
            byKind: Self.counted(policy.cooldown.allowedByKind),
            overrides: usable.compactMap { index in
                guard let own = group.cooldowns[Int32(index)] else { return nil }
                return Explanation.Cooldown.Override(
                    deployment: shownID(index),
                    milliseconds: own.cooldownMS,
                    allowedFails: own.allowedFails,
                    byKind: Self.counted(own.allowedByKind)
                )
            }
        )
    }

    func times() -> Explanation.Times {
        let times = RequestTimes(table: table, values: values)
        let attempts = usable.map { index in
            Explanation.Timed(
                deployment: shownID(index),
                attempt: times.attempt(table.deployment(at: index).parameters)
            )
        }
        var shown = attempts
        if let first = attempts.first, attempts.allSatisfy({ $0.attempt == first.attempt }) {
            shown = [Explanation.Timed(deployment: "", attempt: first.attempt)]
        }
        return Explanation.Times(
            attempts: shown,
            connectMS: times.connectMS,
            deadlineMS: times.deadlineMS(isStream: query.isStream, attempts.map(\.attempt))
        )
    }

    /// By LiteLLM's names, each once.
    private static func counted(_ counts: [FailureKind: Int]) -> [Explanation.Counted] {
        var counted: [Explanation.Counted] = []
        for kind in FailureKind.allCases {
            guard let count = counts[kind] else { continue }
            let entry = Explanation.Counted(name: kind.policyName, count: count)
            if !counted.contains(entry) { counted.append(entry) }
        }
        return counted
    }
}
