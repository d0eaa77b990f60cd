internal import Synchronization

/// What routing did, counted: cooldowns, fallbacks, requests that found no room.
struct RoutingCounts: Sendable {
    /// A deployment that was taken out, and the status that led to it.
    struct CooldownKey: Hashable, Sendable {
        var deployment: DeploymentLabels
        var status: Int
    }

    /// A request that left its group for another one.
    struct FallbackKey: Hashable, Sendable {
        var requestedModel: String?
        var fallbackModel: String
        var key: KeyLabels?
        /// Of the first failure.
        var status: Int
        var errorClass: String
        var deploymentID: String?
        var isSuccess: Bool
    }

    var cooldowns: [CooldownKey: UInt64] = [:]
    /// Those that other sidecars have confirmed.
    var fleetCooldowns: [DeploymentLabels: UInt64] = [:]
    var fallbacks: [FallbackKey: UInt64] = [:]
    /// By whose limit it was, then what was limited.
    var rateLimited: [[String]: UInt64] = [:]
    var queueRejections: UInt64 = 0
    var spentRetryBudgets: UInt64 = 0

    mutating func merge(_ other: RoutingCounts) {
        cooldowns.merge(other.cooldowns) { $0 &+ $1 }
        fleetCooldowns.merge(other.fleetCooldowns) { $0 &+ $1 }
        fallbacks.merge(other.fallbacks) { $0 &+ $1 }
        rateLimited.merge(other.rateLimited) { $0 &+ $1 }
        queueRejections &+= other.queueRejections
        spentRetryBudgets &+= other.spentRetryBudgets
    }
}

extension MetricsShard {
    /// A deployment, or an endpoint of it, begins to cool.
    package func countCooldown(_ deployment: DeploymentLabels, status: Int) {
        state.withLock { state in
            let key = RoutingCounts.CooldownKey(deployment: deployment, status: status)
            guard
                state.routing.cooldowns[key] != nil
                    || state.routing.cooldowns.count < MetricsShard.seriesMax
            else { return }
            state.routing.cooldowns[key, default: 0] &+= 1
        }
    }

    /// A deployment, or an endpoint of it, begins to cool because the fleet says so.
    package func countFleetCooldown(_ deployment: DeploymentLabels) {
        state.withLock { state in
            guard
                state.routing.fleetCooldowns[deployment] != nil
                    || state.routing.fleetCooldowns.count < MetricsShard.seriesMax
            else { return }
            state.routing.fleetCooldowns[deployment, default: 0] &+= 1
        }
    }

    /// A rate limit refused a request. Both words are of a few that are known.
    package func countRateLimited(limit: String, type: String) {
        state.withLock { $0.routing.rateLimited[[limit, type], default: 0] &+= 1 }
    }

    /// A request was turned away because as many wait as may.
    package func countQueueRejection() {
        state.withLock { $0.routing.queueRejections &+= 1 }
    }

    /// A retry was not made because the retry budget is spent.
    package func countSpentRetryBudget() {
        state.withLock { $0.routing.spentRetryBudgets &+= 1 }
    }
}

extension RoutingCounts.FallbackKey {
    /// Nil for a request that did not fall back.
    init?(_ record: RequestRecord) {
        guard let fallback = record.fallback else { return nil }
        requestedModel = record.isModelKnown ? record.requestedModel : "other"
        fallbackModel = fallback.model
        key = record.key
        let first = record.failures.first
        status = first?.status ?? record.status
        errorClass = first?.errorClass ?? record.errorClass ?? "None"
        deploymentID = record.deployment?.id
        isSuccess = fallback.isSuccess
    }

    /// The text of LiteLLM's labels (LiteLLM §8).
    var labels: String {
        let record = RequestRecord()
        record.requestedModel = requestedModel
        record.key = key
        record.status = status
        record.errorClass = errorClass
        record.deployment = deploymentID.map {
            DeploymentLabels(id: $0, model: "", apiBase: "", provider: "")
        }
        let labels: [MetricLabel] =
            [.requestedModel] + MetricLabel.key + MetricLabel.teams
            + [.exceptionStatus, .exceptionClass, .modelID]
        return MetricLabel.text(labels, SeriesKey(record))
            + ",fallback_model=\"\(MetricLabel.escaped(fallbackModel))\""
    }
}

extension RoutingCounts.CooldownKey {
    var labels: String {
        let record = RequestRecord()
        record.deployment = deployment
        record.status = status
        return MetricLabel.text(MetricLabel.deployment + [.exceptionStatus], SeriesKey(record))
    }
}
