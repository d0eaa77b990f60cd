/// The live side of routing in one process: the state of every endpoint, the retry budget, and the
/// step that chooses a candidate and takes its place at once. A value without I/O and clock: the
/// sidecar keeps one behind a lock, `explain` makes one of a file.
package struct RoutingState: Sendable {
    /// What tells an endpoint apart, whatever table it stands in.
    package struct EndpointKey: Hashable, Sendable {
        /// The deployment's identifier as people see it.
        package let deploymentID: String
        /// Address and port; empty for a deployment with one endpoint.
        package let endpoint: String

        package init(deploymentID: String, endpoint: String) {
            self.deploymentID = deploymentID
            self.endpoint = endpoint
        }
    }

    /// By slot.
    package private(set) var endpoints: [EndpointState] = []
    package var retryBudget = RetryBudget()
    private var slots: [EndpointKey: Int32] = [:]
    private var keys: [EndpointKey?] = []
    /// How many candidate groups name a slot.
    private var holders: [Int32] = []
    private var free: [Int32] = []

    /// Without endpoints.
    package init() {}

    // MARK: Slots

    /// The slot of an endpoint, made when there is none; it stays until `release` was called as
    /// often.
    /// - Parameter isNew: whether the endpoint came to others that are there already, and is warmed
    ///   in.
    package mutating func hold(_ key: EndpointKey, isNew: Bool, at now: Moment) -> Int32 {
        if let slot = slots[key] {
            holders[Int(slot)] += 1
            return slot
        }
        var state = EndpointState()
        if isNew { state.warmAt = now.adding(milliseconds: EndpointState.warmingMS) }
        let slot: Int32
        if let used = free.popLast() {
            slot = used
            endpoints[Int(slot)] = state
            keys[Int(slot)] = key
            holders[Int(slot)] = 1
        } else {
            slot = Int32(endpoints.count)
            endpoints.append(state)
            keys.append(key)
            holders.append(1)
        }
        slots[key] = slot
        return slot
    }

    /// Lets go of a slot; it is used again when nobody holds it and nothing is in flight. Who may
    /// still choose from a group holds its slots.
    package mutating func release(_ slot: Int32) {
        holders[Int(slot)] -= 1
        freeIfUnused(slot)
    }

    /// What a slot stands for; nil for one that is free.
    package func key(of slot: Int32) -> EndpointKey? { keys[Int(slot)] }

    /// The slot of an endpoint; nil when it is not known.
    package func slot(of key: EndpointKey) -> Int32? { slots[key] }

    /// Whether a known endpoint has this key.
    package func contains(_ key: EndpointKey) -> Bool { slots[key] != nil }

    /// Changes a state from outside: a health check's result, or what a file says.
    package mutating func update(_ slot: Int32, _ change: (inout EndpointState) -> Void) {
        change(&endpoints[Int(slot)])
    }

    private mutating func freeIfUnused(_ slot: Int32) {
        let index = Int(slot)
        guard holders[index] == 0, endpoints[index].inFlight == 0, let key = keys[index] else {
            return
        }
        slots[key] = nil
        keys[index] = nil
        free.append(slot)
    }

    // MARK: Choosing

    /// Chooses a candidate and counts the request as in flight there.
    /// - Parameters:
    ///   - takes: whether it may; where not, what could be chosen is worth waiting for.
    ///   - filter: the caller's, for its memory; it says afterwards why others were left out.
    package mutating func choose(
        _ group: CandidateGroup,
        _ request: RequestTraits,
        at now: Moment,
        takes: Bool = true,
        filter: inout CandidateFilter,
        using generator: inout FastGenerator
    ) -> Selection {
        let place = pick(group, request, at: now, filter: &filter, using: &generator)
        if filter.hasCooled { noteWish(group, filter.exclusions.span) }
        guard let place else {
            return Selection(nothingOf: filter.exclusions.span, group, endpoints.span)
        }
        guard takes else { return .wait(.room) }
        let candidate = group.candidates[place]
        return .chosen(
            Selection.Place(
                deployment: candidate.deployment,
                slot: candidate.slot,
                isProbe: endpoints[Int(candidate.slot)].take(at: now)
            )
        )
    }

    /// Chooses as `choose` does, and takes nothing.
    /// - Returns: the place among the group's candidates; nil when none can be chosen.
    package func pick(
        _ group: CandidateGroup,
        _ request: RequestTraits,
        at now: Moment,
        filter: inout CandidateFilter,
        using generator: inout FastGenerator
    ) -> Int? {
        filter.run(group, states: endpoints.span, request: request, now: now, using: &generator)
        let eligible = filter.eligible
        if eligible.count <= 1 { return eligible.isEmpty ? nil : Int(eligible[0]) }
        let choice = Choice(
            candidates: group.candidates.span,
            states: endpoints.span,
            eligible: eligible,
            request: request,
            now: now
        )
        return Int(group.policy.strategy.select(choice, using: &generator))
    }

    /// The deployments that would be chosen one after the other if each before were not there.
    /// - Parameters:
    ///   - besides: one that is left out.
    ///   - countMax: how many at most are looked for.
    package func preferences(
        _ group: CandidateGroup,
        _ request: RequestTraits,
        besides: Int32,
        countMax: Int,
        at now: Moment,
        filter: inout CandidateFilter,
        using generator: inout FastGenerator
    ) -> [Int32] {
        var request = request
        request.refusedDeployments.append(besides)
        var found: [Int32] = []
        while found.count < countMax,
            let place = pick(group, request, at: now, filter: &filter, using: &generator)
        {
            let deployment = group.candidates[place].deployment
            found.append(deployment)
            request.refusedDeployments.append(deployment)
        }
        return found
    }

    // MARK: What came of it

    /// Counts a request out that came to an end.
    package mutating func finish(
        _ place: Selection.Place,
        _ outcome: AttemptOutcome,
        in group: CandidateGroup,
        at now: Moment
    ) -> OutcomeEffect {
        let index = Int(place.slot)
        endpoints[index].inFlight -= 1
        if place.isProbe { endpoints[index].isProbing = false }
        let wasTry = place.isProbe && endpoints[index].fleet.isOn
        var shared: SharedOutcome.Kind?
        var effect = OutcomeEffect()
        switch outcome {
        case .success(let measured):
            effect.hasRecovered = place.isProbe
            if place.isProbe { endpoints[index].endCooldown() }
            if wasTry { shared = .recovered }
            endpoints[index].succeed(measured, group.policy.arguments, at: now)
        case .failure(let failure):
            let neighbours = neighbours(of: place.slot, in: group, at: now)
            effect.cooldownMS = endpoints[index].fail(
                failure,
                wasProbe: place.isProbe,
                policy: group.policy,
                override: group.cooldowns[place.deployment],
                neighbours: neighbours,
                at: now
            )
            // What is the client's own fault, or nothing to cool for, shows that it answers again.
            effect.hasRecovered = place.isProbe && endpoints[index].cooldownEnds == 0
            shared = failure.outcome(cooldownMS: effect.cooldownMS, wasTry: wasTry)
        case .abandoned: break
        case .unused:
            endpoints[index].use.removeRequest(at: now)
            endpoints[index].unshared.begun &-= 1
        }
        if let shared, let key = keys[index] { effect.shared = SharedOutcome(key, shared) }
        freeIfUnused(place.slot)
        return effect
    }

    /// Whether the next choice would be a candidate that this request has not tried yet.
    package func hasUntried(
        _ group: CandidateGroup,
        _ request: RequestTraits,
        at now: Moment
    ) -> Bool {
        // Asked after a failure only, so it need not be quick. Chance does not matter: one that is
        // new is left out only where there are others.
        var filter = CandidateFilter()
        var generator = FastGenerator(seed: 0)
        filter.run(group, states: endpoints.span, request: request, now: now, using: &generator)
        let eligible = filter.eligible
        return !eligible.isEmpty && !request.hasTried(group.candidates[Int(eligible[0])])
    }

    /// Whether a candidate could take one more, whatever others are preferred to it: somebody may
    /// wait for just that one.
    package func hasRoom(_ group: CandidateGroup, at now: Moment) -> Bool {
        let candidates = group.candidates.span
        for index in candidates.indices {
            let slot = Int(candidates[index].slot)
            let isOut =
                endpoints[slot].isCooling(at: now)
                || endpoints[slot].isHalfOpen(at: now) && endpoints[slot].isProbing
            if !isOut, endpoints[slot].inFlight < candidates[index].parallelMax { return true }
        }
        return false
    }

    /// When the first of a group's cooldowns ends, on the monotonic clock; `.max` when none cools.
    package func nextCooldownEnd(_ group: CandidateGroup, at now: Moment) -> UInt64 {
        var ends = UInt64.max
        for candidate in group.candidates {
            let own = endpoints[Int(candidate.slot)].cooldownEnds
            if own > now.nanoseconds { ends = min(ends, own) }
        }
        return ends
    }

    func neighbours(
        of slot: Int32,
        in group: CandidateGroup,
        at now: Moment
    ) -> CooldownPolicy.Neighbours {
        var neighbours = CooldownPolicy.Neighbours(hasOthers: false, hasAvailable: false)
        let candidates = group.candidates.span
        for index in candidates.indices where candidates[index].slot != slot {
            neighbours.hasOthers = true
            if endpoints[Int(candidates[index].slot)].isAvailable(at: now) {
                neighbours.hasAvailable = true
                break
            }
        }
        return neighbours
    }
}
