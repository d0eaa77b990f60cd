/// Sorts out which candidates of a group may be chosen for a request, and why the others may not: the
/// table of filters in `docs/routing.md`. Pure, but for the memory it uses again.
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
        let count = group.candidates.count
        eligible.removeAll(keepingCapacity: true)
        exclusions.removeAll(keepingCapacity: true)
        if count == 1, request.isPlain {
            // The usual case needs no second look.
            let candidate = group.candidates[0]
            let reason =
                exclusion(candidate, states[Int(candidate.slot)], group.policy, request, now)
            exclusions.append(reason)
            if reason == nil { eligible.append(0) }
            if eligible.isEmpty { return }
            return keepRoom(group, states)
        }
        for place in 0..<count {
            let candidate = group.candidates[place]
            let state = Int(candidate.slot)
            let reason = exclusion(candidate, states[state], group.policy, request, now)
            exclusions.append(reason)
            if reason == nil { eligible.append(Int32(place)) }
        }
        if let tags = request.tags { keepTags(tags, group) }
        keepUnlessAll(.tried) { request.hasTried(group.candidates[Int($0)]) }
        if group.policy.heedsHealth {
            keepUnlessAll(.unhealthy) {
                states[Int(group.candidates[Int($0)].slot)].isUnhealthy(at: now)
            }
        }
        keepLowestOrder(group)
        keepRoom(group, states)
        keepUnlessAll(.warming) { place in
            let warmth = states[Int(group.candidates[Int(place)].slot)].warmth(at: now)
            return warmth < 1 && Double.random(in: 0..<1, using: &generator) >= warmth
        }
    }

    /// Why a candidate is out whatever the others are.
    private func exclusion(
        _ candidate: Candidate,
        _ state: borrowing EndpointState,
        _ policy: borrowing GroupPolicy,
        _ request: borrowing RequestTraits,
        _ now: Moment
    ) -> Exclusion? {
        if let pinned = request.pinnedDeployment, pinned != candidate.deployment {
            return .notPinned
        }
        if policy.checksContextWindow, request.inputTokens > candidate.inputTokensMax {
            return .contextWindow
        }
        if request.wasRefused(by: candidate) { return .refused }
        if state.cooldownEnds != 0 {
            if state.cooldownEnds > now.nanoseconds { return .cooling }
            if state.isProbing { return .probing }
        }
        if policy.enforcesMinuteLimits {
            let requests = state.use.requests(at: now)
            let tokens = state.use.tokens(at: now)
            if requests >= candidate.requestsPerMinute
                || candidate.tokensPerMinute != .max
                    && tokens + request.inputTokens > candidate.tokensPerMinute
            {
                return .minuteLimit
            }
        }
        return nil
    }

    /// LiteLLM's rules of tags (§5.8): a match, else those for everybody.
    private mutating func keepTags(_ tags: RequestTags, _ group: CandidateGroup) {
        let matches = eligible.filter { place in
            !tags.isEmpty
                && tags.match(group.tags[Int(place)], matchesAny: group.policy.matchesAnyTag)
        }
        if !matches.isEmpty {
            return keep(.tags) { place in !matches.contains(place) }
        }
        func isDefault(_ place: Int32) -> Bool {
            group.tags[Int(place)].contains(RequestTags.defaultTag)
        }
        func isExcluded(_ place: Int32) -> Bool {
            !tags.excluded.isDisjoint(with: group.tags[Int(place)])
        }
        let hasDefault = eligible.contains(where: isDefault)
        if tags.isEmpty, !hasDefault {
            return keep(.tags, dropping: isExcluded)
        }
        keep(.tags) { !isDefault($0) || isExcluded($0) }
    }

    private mutating func keepLowestOrder(_ group: CandidateGroup) {
        var lowest = Int16.max
        for place in eligible { lowest = min(lowest, group.candidates[Int(place)].order) }
        if lowest == .max { return }
        keep(.order) { group.candidates[Int($0)].order != lowest }
    }

    private mutating func keepRoom(_ group: CandidateGroup, _ states: Span<EndpointState>) {
        keep(.full) { place in
            let candidate = group.candidates[Int(place)]
            return states[Int(candidate.slot)].inFlight >= candidate.parallelMax
        }
    }

    private mutating func keep(_ reason: Exclusion, dropping isOut: (Int32) -> Bool) {
        guard eligible.contains(where: isOut) else { return }
        eligible.removeAll { place in
            guard isOut(place) else { return false }
            exclusions[Int(place)] = reason
            return true
        }
    }

    /// A filter that is not heeded when it would leave nothing. Chance may be asked once a place.
    private mutating func keepUnlessAll(_ reason: Exclusion, dropping isOut: (Int32) -> Bool) {
        var kept: [Int32] = []
        var hasOut = false
        for place in eligible {
            if isOut(place) { hasOut = true } else { kept.append(place) }
        }
        guard hasOut, !kept.isEmpty else { return }
        for place in eligible where !kept.contains(place) { exclusions[Int(place)] = reason }
        eligible = kept
    }
}
