/// Sorts out which candidates of a group may be chosen for a request, and why the others may not:
/// the table of filters in `docs/routing.md`. Pure, but for the memory it uses again.
///
/// One pass does all for the usual request; only what it came across (tried, unhealthy, full, new
/// candidates, several orders) takes another.
package struct CandidateFilter {
    /// Places in the group's candidates of those that are left.
    package private(set) var eligible: [Int32] = []
    /// Why each of the others is not, by place; nil for the eligible.
    package private(set) var exclusions: [Exclusion?] = []

    /// With nothing filtered yet.
    package init() {}

    /// Filters a group.
    package mutating func run(
        _ group: CandidateGroup,
        states: Span<EndpointState>,
        request: RequestTraits,
        now: Moment,
        using generator: inout FastGenerator
    ) {
        forget(count: group.candidates.count)
        // A deployment that was asked for by its id needs no tags.
        if let tags = request.tags, request.pinnedDeployment == nil {
            excludeByTags(tags, group)
        }
        let found = survey(group, states, request, now)
        if eligible.count > 1 {
            if found.hasTried {
                keep(.tried, unlessAll: true) { request.hasTried(group.candidates[Int($0)]) }
            }
            if found.hasUnhealthy, group.policy.heedsHealth {
                keep(.unhealthy, unlessAll: true) {
                    states[Int(group.candidates[Int($0)].slot)].isUnhealthy(at: now)
                }
            }
            if found.hasSeveralOrders { keepLowestOrder(group) }
        }
        if found.hasFull {
            keep(.full, unlessAll: false) { place in
                let candidate = group.candidates[Int(place)]
                return states[Int(candidate.slot)].inFlight >= candidate.parallelMax
            }
        }
        if found.hasWarming, eligible.count > 1 {
            keep(.warming, unlessAll: true) { place in
                let warmth = states[Int(group.candidates[Int(place)].slot)].warmth(at: now)
                return warmth < 1 && Double.random(in: 0..<1, using: &generator) >= warmth
            }
        }
    }

    private mutating func forget(count: Int) {
        eligible.removeAll(keepingCapacity: true)
        eligible.reserveCapacity(count)
        if exclusions.count == count {
            for place in 0..<count { exclusions[place] = nil }
        } else {
            exclusions.removeAll(keepingCapacity: true)
            exclusions.append(contentsOf: repeatElement(nil, count: count))
        }
    }

    // MARK: Each candidate by itself

    /// What the first pass came across among those it left.
    private struct Survey {
        var hasTried = false
        var hasUnhealthy = false
        var hasFull = false
        var hasWarming = false
        var orders: ClosedRange<Int16>?

        var hasSeveralOrders: Bool { orders.map { $0.lowerBound != $0.upperBound } ?? false }

        mutating func note(
            _ candidate: borrowing Candidate,
            _ state: borrowing EndpointState,
            _ now: Moment
        ) {
            if state.health == .unhealthy, state.isUnhealthy(at: now) { hasUnhealthy = true }
            if state.inFlight >= candidate.parallelMax { hasFull = true }
            if state.warmAt > now.nanoseconds { hasWarming = true }
            let order = candidate.order
            let known = orders ?? order...order
            orders = min(known.lowerBound, order)...max(known.upperBound, order)
        }
    }

    /// Takes out who is out whatever the others are, and looks what the rest needs.
    private mutating func survey(
        _ group: CandidateGroup,
        _ states: Span<EndpointState>,
        _ request: RequestTraits,
        _ now: Moment
    ) -> Survey {
        var found = Survey()
        let candidates = group.candidates.span
        let isPlain = request.isPlain
        let tokens = group.policy.checksContextWindow ? request.inputTokens : 0
        let limitsByMinute = group.policy.enforcesMinuteLimits
        for place in candidates.indices where exclusions[place] == nil {
            let slot = Int(candidates[place].slot)
            var reason: Exclusion?
            if !isPlain, let refusal = request.refusal(of: candidates[place]) {
                reason = refusal
            } else if tokens > candidates[place].inputTokensMax {
                reason = .contextWindow
            } else if states[slot].cooldownEnds != 0, let state = states[slot].exclusion(at: now) {
                reason = state
            } else if limitsByMinute,
                states[slot].use.hasSpent(candidates[place], request.inputTokens, at: now)
            {
                reason = .minuteLimit
            }
            if let reason {
                exclusions[place] = reason
                continue
            }
            eligible.append(Int32(truncatingIfNeeded: place))
            if !isPlain, request.hasTried(candidates[place]) { found.hasTried = true }
            found.note(candidates[place], states[slot], now)
        }
        return found
    }

    // MARK: Each candidate among the others

    /// LiteLLM's rules of tags (LiteLLM §5.8): a match, else those for everybody. Among all
    /// candidates, whatever else is wrong with them: one that cools is no reason to say that no tag
    /// matches.
    private mutating func excludeByTags(_ tags: RequestTags, _ group: CandidateGroup) {
        let places = group.tags.indices
        func matches(_ place: Int) -> Bool {
            tags.match(group.tags[place], matchesAny: group.policy.matchesAnyTag)
        }
        func isDefault(_ place: Int) -> Bool {
            group.tags[place].contains(RequestTags.defaultTag)
        }
        func isExcluded(_ place: Int) -> Bool {
            !tags.excluded.isDisjoint(with: group.tags[place])
        }
        let hasMatch = !tags.isEmpty && places.contains(where: matches)
        let isOpen = tags.isEmpty && !places.contains(where: isDefault)
        for place in places {
            let isIn =
                hasMatch ? matches(place) : (isOpen || isDefault(place)) && !isExcluded(place)
            if !isIn { exclusions[place] = .tags }
        }
    }

    private mutating func keepLowestOrder(_ group: CandidateGroup) {
        var lowest = Int16.max
        for place in eligible { lowest = min(lowest, group.candidates[Int(place)].order) }
        keep(.order, unlessAll: true) { group.candidates[Int($0)].order != lowest }
    }

    /// Takes out those that a filter is against. Asks once a place, so that it may be by chance.
    /// - Parameter unlessAll: whether the filter is not heeded when it would leave nothing.
    private mutating func keep(
        _ reason: Exclusion,
        unlessAll: Bool,
        dropping isOut: (Int32) -> Bool
    ) {
        var kept = 0
        for index in eligible.indices {
            let place = eligible[index]
            if isOut(place) { exclusions[Int(place)] = reason } else { kept += 1 }
        }
        if kept == 0, unlessAll {
            for place in eligible { exclusions[Int(place)] = nil }
        } else if kept < eligible.count {
            var end = 0
            for index in eligible.indices where exclusions[Int(eligible[index])] == nil {
                eligible[end] = eligible[index]
                end += 1
            }
            eligible.removeLast(eligible.count - end)
        }
    }
}

extension RequestTraits {
    /// Why the request does not go to a candidate, whatever that one's state.
    fileprivate func refusal(of candidate: borrowing Candidate) -> Exclusion? {
        if let pinned = pinnedDeployment, pinned != candidate.deployment { return .notPinned }
        return wasRefused(by: candidate) ? .refused : nil
    }
}

extension EndpointState {
    /// Whether a cooldown keeps requests away.
    fileprivate func exclusion(at now: Moment) -> Exclusion? {
        if cooldownEnds > now.nanoseconds { return .cooling }
        return isProbing ? .probing : nil
    }
}

extension MinuteUse {
    /// Whether nothing is left of a candidate's `rpm` or `tpm`, or not enough for a prompt.
    fileprivate func hasSpent(
        _ candidate: borrowing Candidate,
        _ inputTokens: Int64,
        at now: Moment
    ) -> Bool {
        if requests(at: now) >= candidate.requestsPerMinute { return true }
        // Spent is spent, also where a prompt was not counted.
        let needed = max(1, inputTokens)
        return candidate.tokensPerMinute - tokens(at: now) < needed
    }
}
