/// What a strategy chooses from: the candidates of a group, their states, and which of them may be
/// chosen for this request.
package struct Choice: ~Escapable {
    /// All candidates of the group.
    package let candidates: Span<Candidate>
    /// All states of the process; `Candidate.slot` is the place.
    package let states: Span<EndpointState>
    /// Places in `candidates` of those that may be chosen: at least one.
    package let eligible: Span<Int32>
    package let isStream: Bool
    /// A hash of the prompt's beginning; nil when there is none.
    package let prefixHash: UInt64?
    package let now: Moment

    /// Lends the parts for one choice: of the request only what strategies go by, which costs no
    /// counting of references.
    @_lifetime(copy candidates, copy states, copy eligible)
    package init(
        candidates: Span<Candidate>,
        states: Span<EndpointState>,
        eligible: Span<Int32>,
        request: RequestTraits,
        now: Moment
    ) {
        self.candidates = candidates
        self.states = states
        self.eligible = eligible
        isStream = request.isStream
        prefixHash = request.prefixHash
        self.now = now
    }

    /// The requests in flight at a place of `candidates`.
    func inFlight(_ place: Int32) -> Int32 { states[Int(candidates[Int(place)].slot)].inFlight }

    /// As `latency`, but of the whole fleet where it tells one. Who has waited there in vain goes
    /// by its own, as long as that is among its last few.
    func fleetLatency(_ place: Int32, ttlMS: UInt64) -> Double? {
        let slot = Int(candidates[Int(place)].slot)
        let own = latency(place, ttlMS: ttlMS)
        guard states[slot].share.isFresh(at: now) else { return own }
        let hasTimeout =
            isStream
            ? states[slot].firstTokenSeconds.hasTimeout : states[slot].tokenSeconds.hasTimeout
        if own != nil, hasTimeout { return own }
        return
            (isStream
            ? states[slot].share.firstTokenSeconds : states[slot].share.tokenSeconds) ?? own
    }

    /// The mean latency that counts for this request, in seconds; nil when none was measured
    /// lately.
    func latency(_ place: Int32, ttlMS: UInt64) -> Double? {
        let slot = Int(candidates[Int(place)].slot)
        return isStream
            ? states[slot].firstTokenSeconds.mean(at: now, ttlMS: ttlMS)
            : states[slot].tokenSeconds.mean(at: now, ttlMS: ttlMS)
    }
}

/// A rule that chooses one candidate of a model group.
///
/// Pure: everything that changes from request to request, chance included, is passed in.
package protocol SelectionStrategy: Sendable {
    /// Chooses one of the eligible candidates.
    /// - Parameter generator: where chance comes from.
    /// - Returns: its place in `choice.candidates`.
    func select(_ choice: borrowing Choice, using generator: inout FastGenerator) -> Int32
}
