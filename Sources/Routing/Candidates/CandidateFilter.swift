/// Sorts out which candidates of a group may be chosen for a request, and why the others may not:
/// the table of filters in `docs/routing.md`. Pure, but for the memory it uses again.
///
/// One pass does all for the usual request; only what it came across (tried, unhealthy, full, new
/// candidates, several orders) takes another.
package struct CandidateFilter {
    /// Why each candidate is not eligible, by place; nil for the eligible.
    package private(set) var exclusions: [Exclusion?] = []
    /// The first `count` are eligible; what follows is memory.
    private var places: [Int32] = []
    /// Whether one that cools, or is half open, might have served the request.
    private(set) var hasCooled = false
    private var count = 0
    /// Which of the group's sets of tags the request may go to; memory, too.
    private var tagVerdicts: [Bool] = []

    /// With nothing filtered yet.
    package init() {}

    /// Places in the group's candidates of those that are left, in their order.
    package var eligible: Span<Int32> {
        @_lifetime(borrow self)
        get { places.span.extracting(0..<count) }
    }

    /// Filters a group.
    package mutating func run(
        _ group: CandidateGroup,
        states: Span<EndpointState>,
        request: RequestTraits,
        now: Moment,
        using generator: inout FastGenerator
    ) {
        hasCooled = false
        // One that failed once is better than nothing, and than waiting for the others.
        let hasTried = run(group, states, request, now, leavesOutTried: true, &generator)
        if hasTried, count == 0 {
            _ = run(group, states, request, now, leavesOutTried: false, &generator)
        }
    }

    /// - Returns: whether some that are left out failed in this request.
    private mutating func run(
        _ group: CandidateGroup,
        _ states: Span<EndpointState>,
        _ request: RequestTraits,
        _ now: Moment,
        leavesOutTried: Bool,
        _ generator: inout FastGenerator
    ) -> Bool {
        forget(candidates: group.candidates.count)
        // A deployment that was asked for by its id needs no tags.
        if let tags = request.tags, request.pinnedDeployment == nil {
            excludeByTags(tags, group)
        }
        let found = survey(group, states, request, now)
        if found.hasCooled { hasCooled = true }
        if found.needsNothing { return false }
        if found.hasTried, leavesOutTried {
            keep(.tried, unlessAll: false) { request.hasTried(group.candidates[Int($0)]) }
        }
        if found.hasUnhealthy, group.policy.heedsHealth {
            keep(.unhealthy, unlessAll: true) { place in
                states[Int(group.candidates[Int(place)].slot)].isUnhealthy(at: now)
            }
        }
        if found.hasSeveralOrders { keepLowestOrder(group) }
        if found.hasFull {
            keep(.full, unlessAll: false) { Self.isFull(group.candidates[Int($0)], states) }
        }
        if found.hasWarming {
            keep(.warming, unlessAll: true) { place in
                let warmth = states[Int(group.candidates[Int(place)].slot)].warmth(at: now)
                return warmth < 1 && Double.random(in: 0..<1, using: &generator) >= warmth
            }
        }
        return found.hasTried
    }

    private mutating func forget(candidates: Int) {
        count = 0
        if places.count < candidates {
            places.append(contentsOf: repeatElement(0, count: candidates - places.count))
        }
        if exclusions.count != candidates {
            exclusions.removeAll(keepingCapacity: true)
            exclusions.append(contentsOf: repeatElement(nil, count: candidates))
        } else {
            var marks = exclusions.mutableSpan
            for place in marks.indices { marks[place] = nil }
        }
    }

    // MARK: Each candidate by itself

    /// What the first pass came across among those it left.
    private struct Survey {
        var hasCooled = false
        var hasTried = false
        var hasUnhealthy = false
        var hasFull = false
        var hasWarming = false
        var lowestOrder = Int16.max
        var highestOrder = Int16.min

        var hasSeveralOrders: Bool { lowestOrder < highestOrder }
        /// The usual case.
        var needsNothing: Bool {
            !(hasTried || hasUnhealthy || hasFull || hasWarming || hasSeveralOrders)
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
        // Both arrays are written in one pass, so one of them is moved out of `self`.
        var taken: [Int32] = []
        swap(&taken, &places)
        defer { swap(&taken, &places) }
        var marks = exclusions.mutableSpan
        var left = taken.mutableSpan
        var count = 0
        for place in candidates.indices where marks[place] == nil {
            let slot = Int(candidates[place].slot)
            var reason: Exclusion?
            if !isPlain, let refusal = request.refusal(of: candidates[place]) {
                reason = refusal
            } else if tokens > candidates[place].inputTokensMax {
                reason = .contextWindow
            } else if states[slot].cooldownEnds != 0, states[slot].isOut(at: now) {
                reason = states[slot].isCooling(at: now) ? .cooling : .probing
            } else if limitsByMinute,
                states[slot].use.hasSpent(candidates[place], request.inputTokens, at: now)
            {
                reason = .minuteLimit
            }
            if states[slot].cooldownEnds != 0 { found.hasCooled = true }
            if let reason {
                marks[place] = reason
                continue
            }
            left[count] = Int32(truncatingIfNeeded: place)
            count += 1
            if !isPlain, request.hasTried(candidates[place]) { found.hasTried = true }
            if states[slot].health == .unhealthy { found.hasUnhealthy = true }
            if states[slot].inFlight >= candidates[place].parallelMax { found.hasFull = true }
            if states[slot].warmAt > now.nanoseconds { found.hasWarming = true }
            found.lowestOrder = min(found.lowestOrder, candidates[place].order)
            found.highestOrder = max(found.highestOrder, candidates[place].order)
        }
        self.count = count
        return found
    }

    // MARK: Each candidate among the others

    /// LiteLLM's rules of tags (LiteLLM §5.8): a match, else those for everybody. Among all
    /// candidates, whatever else is wrong with them: one that cools is no reason to say that no tag
    /// matches.
    private mutating func excludeByTags(_ tags: RequestTags, _ group: CandidateGroup) {
        tagVerdicts.removeAll(keepingCapacity: true)
        var hasMatch = false
        for own in group.tagSets {
            let isMatch =
                !tags.isEmpty && tags.match(own, matchesAny: group.policy.matchesAnyTag)
            tagVerdicts.append(isMatch)
            hasMatch = hasMatch || isMatch
        }
        if !hasMatch {
            let isOpen = tags.isEmpty && !group.tagSets.contains { $0.isForEverybody }
            for place in group.tagSets.indices {
                let own = group.tagSets[place]
                tagVerdicts[place] =
                    (isOpen || own.isForEverybody) && tags.excluded.isDisjoint(with: own)
            }
        }
        let places = group.tagSetPlaces.span
        for place in places.indices where !tagVerdicts[Int(places[place])] {
            exclusions[place] = .tags
        }
    }

    private mutating func keepLowestOrder(_ group: CandidateGroup) {
        var lowest = Int16.max
        for index in 0..<count { lowest = min(lowest, group.candidates[Int(places[index])].order) }
        keep(.order, unlessAll: false) { group.candidates[Int($0)].order != lowest }
    }

    private static func isFull(_ candidate: Candidate, _ states: Span<EndpointState>) -> Bool {
        states[Int(candidate.slot)].inFlight >= candidate.parallelMax
    }

    /// Takes out those that a filter is against. Asks once a place, so that it may be by chance.
    /// - Parameter unlessAll: whether the filter is not heeded when it would leave nothing.
    private mutating func keep(
        _ reason: Exclusion,
        unlessAll: Bool,
        dropping isOut: (Int32) -> Bool
    ) {
        var kept = 0
        for index in 0..<count {
            if isOut(places[index]) {
                exclusions[Int(places[index])] = reason
            } else {
                kept += 1
            }
        }
        if kept == 0, unlessAll {
            for index in 0..<count { exclusions[Int(places[index])] = nil }
        } else if kept < count {
            var end = 0
            for index in 0..<count where exclusions[Int(places[index])] == nil {
                places[end] = places[index]
                end += 1
            }
            count = end
        }
    }
}

extension Set<String> {
    /// Whether a deployment with these tags serves requests without tags.
    fileprivate var isForEverybody: Bool { contains(RequestTags.defaultTag) }
}

extension RequestTraits {
    /// Why the request does not go to a candidate, whatever that one's state.
    fileprivate func refusal(of candidate: borrowing Candidate) -> Exclusion? {
        if let pinned = pinnedDeployment, pinned != candidate.deployment { return .notPinned }
        return wasRefused(by: candidate) ? .refused : nil
    }
}

extension EndpointState {
    /// Whether it cools, or its one request is under way.
    fileprivate func isOut(at now: Moment) -> Bool {
        isCooling(at: now) || isProbing
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
