/// What a fleet of sidecars says of endpoints.
extension RoutingState {
    /// What became of the fleet's word.
    package enum FleetEffect: Hashable, Sendable {
        /// The endpoint cools from now on because the fleet says so.
        case begins
        /// It is half open from now on, by the fleet's leave or because the fleet is not heeded.
        case opens
        /// All requests may go there.
        case recovers
        /// Nothing that anybody would notice.
        case none
    }

    /// Takes up that the fleet has an endpoint cool, or that its cooldown waits for a try.
    ///
    /// Not for the only candidate of a group, nor where cooldowns are turned off.
    /// - Parameters:
    ///   - ends: when the cooldown ends or ended, on the monotonic clock.
    ///   - isOurs: whether this process is the one to try it.
    package mutating func cool(
        _ slot: Int32,
        withFleetUntil ends: UInt64,
        isOurs: Bool,
        in group: CandidateGroup,
        at now: Moment
    ) -> FleetEffect {
        guard let candidate = group.candidates.first(where: { $0.slot == slot }) else {
            return .none
        }
        let neighbours = neighbours(of: slot, in: group, at: now)
        let override = group.cooldowns[candidate.deployment]
        guard neighbours.hasOthers, group.policy.cooldown.heedsFleet(override) else {
            return leaveFleet(slot, at: now)
        }
        var effect = FleetEffect.none
        update(slot) { endpoint in
            let wasOn = endpoint.fleet.isOn
            let wasCooling = endpoint.isCooling(at: now)
            endpoint.cool(
                withFleetUntil: ends,
                isOurs: isOurs,
                spares: neighbours.hasAvailable,
                at: now
            )
            let isCooling = endpoint.isCooling(at: now)
            if isCooling, !wasOn { effect = .begins }
            if wasCooling, !isCooling { effect = .opens }
        }
        return effect
    }

    /// Takes up that another sidecar's try has found an endpoint well.
    package mutating func recoverWithFleet(_ slot: Int32, at now: Moment) -> FleetEffect {
        guard endpoints[Int(slot)].fleet.isOn else { return .none }
        update(slot) { $0.recoverWithFleet(at: now) }
        return endpoints[Int(slot)].cooldownEnds == 0 ? .recovers : .none
    }

    /// Heeds the fleet no more at one endpoint.
    package mutating func leaveFleet(_ slot: Int32, at now: Moment) -> FleetEffect {
        guard endpoints[Int(slot)].fleet.isOn else { return .none }
        let wasCooling = endpoints[Int(slot)].isCooling(at: now)
        update(slot) { $0.leaveFleet(at: now) }
        return wasCooling && !endpoints[Int(slot)].isCooling(at: now) ? .opens : .none
    }

    /// Endpoints that this process would try for the fleet, of those that were asked for since the
    /// last time.
    package mutating func takeWishes(at now: Moment) -> [EndpointKey] {
        var wishes: [EndpointKey] = []
        for index in endpoints.indices where endpoints[index].fleet.isOn {
            if endpoints[index].wantsTry(at: now),
                let key = key(of: Int32(truncatingIfNeeded: index))
            {
                wishes.append(key)
            }
            update(Int32(truncatingIfNeeded: index)) { $0.fleet.isWanted = false }
        }
        return wishes
    }

    /// Notes that a request came by that these candidates might have served.
    mutating func noteWish(_ group: CandidateGroup, _ exclusions: Span<Exclusion?>) {
        for place in exclusions.indices {
            switch exclusions[place] {
            case nil, .cooling, .probing:
                update(group.candidates[place].slot) { endpoint in
                    if endpoint.fleet.isOn { endpoint.fleet.isWanted = true }
                }
            default: break
            }
        }
    }
}

extension CooldownPolicy {
    /// Whether cooldowns of other sidecars hold for a deployment here.
    func heedsFleet(_ override: Override?) -> Bool {
        !isDisabled && override?.cooldownMS != 0
    }
}

extension AttemptFailure {
    /// Whether the upstream itself has refused, as it would refuse any sidecar: not what may be
    /// this one's own trouble, as its network, its credential or its patience.
    var isForFleet: Bool {
        guard isAnswered else { return false }
        switch kind {
        case .rateLimited, .internalServer, .badGateway, .serviceUnavailable: return true
        default: return false
        }
    }

    /// What the fleet is to hear of a failure.
    /// - Parameters:
    ///   - cooldownMS: for how long the endpoint cools for it; nil when it does not.
    ///   - wasTry: whether it was the one try that the fleet waits for.
    func outcome(cooldownMS: UInt64?, wasTry: Bool) -> SharedOutcome.Kind? {
        if let cooldownMS, isForFleet { return .cooled(milliseconds: cooldownMS) }
        guard wasTry else { return nil }
        // What is the client's own fault shows that the endpoint answers again.
        return cooldownMS == nil && !kind.blamesUpstream ? .recovered : .yielded
    }
}
