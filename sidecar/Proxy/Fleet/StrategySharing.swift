internal import Routing

/// What sidecars tell each other of a group's endpoints, as its strategy needs it.
enum StrategySharing: Hashable, Sendable {
    case inFlight
    /// - Parameters:
    ///   - holdMS: how long a mean holds to which nobody adds.
    ///   - samplesMax: of how many samples it is.
    case latency(holdMS: UInt64, samplesMax: Int)

    /// Nil for a strategy that goes by neither.
    init?(_ policy: GroupPolicy) {
        switch policy.strategyName {
        case .leastBusy: self = .inFlight
        case .latencyBased:
            self = .latency(
                holdMS: policy.arguments.latencyTTLMS,
                samplesMax: policy.arguments.latencySamplesMax
            )
        default: return nil
        }
    }
}

/// An endpoint with what the fleet was not told of it yet.
struct UnsharedEndpoint: Sendable {
    let slot: Int32
    let key: RoutingState.EndpointKey
    /// The public name of its group.
    let model: String
    let sharing: StrategySharing
    let inFlight: Int32
    let unshared: EndpointState.Unshared
}

extension RoutingBoard {
    /// What the fleet is to be told of endpoints that sidecars tell each other of; the next call
    /// has only what came after this one.
    func takeUnshared() -> [UnsharedEndpoint] {
        withState { state in
            state.sharing.compactMap { slot, sharing in
                guard let key = state.routing.key(of: slot), let owner = state.owners[slot] else {
                    return nil
                }
                var unshared = EndpointState.Unshared()
                state.routing.update(slot) { endpoint in
                    swap(&unshared, &endpoint.unshared)
                }
                return UnsharedEndpoint(
                    slot: slot,
                    key: key,
                    model: owner.model,
                    sharing: sharing,
                    inFlight: state.routing.endpoints[Int(slot)].inFlight,
                    unshared: unshared
                )
            }
        }
    }

    /// Notes what the fleet has told. Meanwhile a slot may have become another endpoint's.
    func note(_ shares: [(endpoint: UnsharedEndpoint, share: FleetShare)]) {
        withState { state in
            for (endpoint, share) in shares {
                guard state.routing.key(of: endpoint.slot) == endpoint.key else { continue }
                state.routing.update(endpoint.slot) { $0.share = share }
            }
        }
    }
}
