// What routing did, and how deployments are (LiteLLM §8).
extension MetricsText {
    mutating func write(_ counts: RoutingCounts) {
        write(
            counter: "litellm_deployment_cooled_down_total",
            "Cooldowns by the status that led to them.",
            totals(counts.cooldowns.map { ($0.key.labels, $0.value) })
        )
        write(
            counter: "sidegate_fleet_cooldowns_total",
            "Cooldowns that other sidecars have confirmed.",
            totals(counts.fleetCooldowns.map { (Self.labels(of: $0.key), $0.value) })
        )
        let fallbacks = counts.fallbacks
        write(
            counter: "litellm_deployment_successful_fallbacks_total",
            "Requests that another group answered.",
            totals(fallbacks.filter { $0.key.isSuccess }.map { ($0.key.labels, $0.value) })
        )
        write(
            counter: "litellm_deployment_failed_fallbacks_total",
            "Requests that no other group answered either.",
            totals(fallbacks.filter { !$0.key.isSuccess }.map { ($0.key.labels, $0.value) })
        )
        write(
            counter: "sidegate_rate_limited_requests_total",
            "Requests that a rate limit refused.",
            totals(
                counts.rateLimited.map { words, count in
                    ("limit=\"\(words[0])\",type=\"\(words[1])\"", count)
                }
            )
        )
        write(
            counter: "sidegate_queue_rejections_total",
            "Requests turned away because as many wait as may.",
            ["": counts.queueRejections]
        )
        write(
            counter: "sidegate_retry_budget_exhausted_total",
            "Retries not made because the budget is spent.",
            ["": counts.spentRetryBudgets]
        )
    }

    mutating func write(_ states: [DeploymentState]) {
        gauges("litellm_deployment_state", "0 healthy, 1 partial, 2 outage.", states) {
            $0.level.rawValue
        }
        gauges("sidegate_deployment_in_flight", "Requests at a deployment.", states) {
            $0.inFlight
        }
        gauges("sidegate_deployment_endpoints", "Endpoints of a deployment.", states) {
            $0.endpoints
        }
        gauges("sidegate_deployment_endpoints_out", "Those that cool or are dead.", states) {
            $0.endpointsOut
        }
    }

    private mutating func gauges(
        _ name: String,
        _ help: String,
        _ states: [DeploymentState],
        _ value: (DeploymentState) -> Int
    ) {
        header(name, help, "gauge")
        for state in states {
            text += "\(name){\(Self.labels(of: state.labels))} \(value(state))\n"
        }
    }

    private static func labels(of deployment: DeploymentLabels) -> String {
        let record = RequestRecord()
        record.deployment = deployment
        return MetricLabel.text(MetricLabel.deployment, SeriesKey(record))
    }

    private func totals(_ pairs: [(String, UInt64)]) -> [String: UInt64] {
        Dictionary(pairs, uniquingKeysWith: { $0 &+ $1 })
    }
}
