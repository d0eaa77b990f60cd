internal import EventLoop
internal import Routing
internal import Synchronization
internal import Telemetry

/// What the fleet says of endpoints.
extension RoutingBoard {
    /// An endpoint that is known here.
    struct Located {
        let slot: Int32
        let owner: EndpointOwner
    }

    /// Those of some endpoints that are known here.
    func locate(_ keys: [RoutingState.EndpointKey]) -> [RoutingState.EndpointKey: Located] {
        state.withLock { state in
            var found: [RoutingState.EndpointKey: Located] = [:]
            for key in keys {
                guard let slot = state.routing.slot(of: key), let owner = state.owners[slot] else {
                    continue
                }
                found[key] = Located(slot: slot, owner: owner)
            }
            return found
        }
    }

    /// Changes what the fleet says of an endpoint, and lets those know who wait for it.
    /// - Parameter key: of the endpoint that is meant: meanwhile the slot may be another's.
    func hear(
        _ located: Located,
        of key: RoutingState.EndpointKey,
        _ change: (inout RoutingState, Int32) -> RoutingState.FleetEffect
    ) -> RoutingState.FleetEffect {
        let (effect, signal) = state.withLock { state in
            guard state.routing.key(of: located.slot) == key else {
                return (RoutingState.FleetEffect.none, RemoteSignal?.none)
            }
            let effect = change(&state.routing, located.slot)
            let isOpen = effect == .opens || effect == .recovers
            guard isOpen, state.waiting > 0 else { return (effect, nil) }
            return (effect, state.queues[located.owner.model]?.tellNext())
        }
        signal?.send()
        return effect
    }

    /// Heeds the fleet no more.
    func leaveFleet(at now: Moment) {
        let signals = state.withLock { state in
            var signals: [RemoteSignal] = []
            for index in state.routing.endpoints.indices {
                let slot = Int32(truncatingIfNeeded: index)
                guard state.routing.leaveFleet(slot, at: now) == .opens,
                    let model = state.owners[slot]?.model,
                    let signal = state.queues[model]?.tellNext()
                else { continue }
                signals.append(signal)
            }
            return signals
        }
        for signal in signals { signal.send() }
    }
}
