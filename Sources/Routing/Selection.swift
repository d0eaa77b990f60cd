/// What a choice came to.
package enum Selection: Hashable, Sendable {
    /// A candidate, whose place was taken.
    case chosen(Place)
    /// Nothing now, but something may come.
    case wait(Wait)
    /// Nothing, and waiting would not help.
    case nothing(Refusal)

    /// A taken place: to be given back with `RoutingState.finish`.
    package struct Place: Hashable, Sendable {
        package let deployment: Int32
        package let slot: Int32
        /// The one request that tries a half-open endpoint.
        package let isProbe: Bool
    }

    /// What a request would wait for.
    package enum Wait: Hashable, Sendable {
        /// A place at one that is full.
        case room
        /// The end of a cooldown, on the monotonic clock, or of a probe before it; `.max` when
        /// there are probes only, which end when they end.
        case cooldown(ends: UInt64)
    }

    /// Why nothing can be chosen.
    package enum Refusal: Hashable, Sendable {
        /// The group has no candidates.
        case empty
        case tags
        case contextWindow
        /// All refused this request before.
        case refused
        /// The limits of this minute are spent.
        case minuteLimit
    }

    /// What is to be said when no candidate was eligible.
    init(
        nothingOf exclusions: Span<Exclusion?>,
        _ group: CandidateGroup,
        _ states: Span<EndpointState>
    ) {
        var found: UInt32 = 0
        var ends = UInt64.max
        for place in exclusions.indices {
            guard let exclusion = exclusions[place] else { continue }
            found |= 1 << exclusion.rawValue
            if exclusion == .cooling {
                ends = min(ends, states[Int(group.candidates[place].slot)].cooldownEnds)
            }
        }
        func has(_ exclusion: Exclusion) -> Bool { found & 1 << exclusion.rawValue != 0 }
        // What may pass comes before what a client can do something about, and that before the
        // rest.
        if has(.full) {
            self = .wait(.room)
        } else if has(.cooling) || has(.probing) {
            self = .wait(.cooldown(ends: ends))
        } else if has(.minuteLimit) {
            self = .nothing(.minuteLimit)
        } else if has(.contextWindow) {
            self = .nothing(.contextWindow)
        } else if has(.tags) {
            self = .nothing(.tags)
        } else {
            self = .nothing(has(.refused) ? .refused : .empty)
        }
    }
}

/// How an attempt ended, as far as its endpoint is concerned.
package enum AttemptOutcome: Hashable, Sendable {
    case success(Measured)
    case failure(AttemptFailure)
    /// The client left, or the sidecar ends: it says nothing of the endpoint.
    case abandoned
    /// The place was given back before anything went there.
    case unused

    /// What a good answer tells.
    package struct Measured: Hashable, Sendable {
        package var isStream = false
        /// Seconds for the whole answer.
        package var seconds = 0.0
        /// Seconds to the first token of a stream.
        package var firstTokenSeconds: Double?
        package var completionTokens: Int64 = 0
        package var totalTokens: Int64 = 0

        /// Nothing measured.
        package init() {}
    }
}

/// What an outcome changed, for metrics, the log and those who wait.
package struct OutcomeEffect: Hashable, Sendable {
    /// The endpoint cools from now on, for so many milliseconds.
    package var cooldownMS: UInt64?
    /// It had cooled and is back.
    package var hasRecovered = false
    /// What other sidecars are to hear of it.
    package var shared: SharedOutcome?

    /// Nothing.
    package init() {}
}

extension EndpointState {
    /// Counts a request in.
    /// - Returns: whether it is the one that tries a half-open endpoint.
    mutating func take(at now: Moment) -> Bool {
        let isProbe = isHalfOpen(at: now)
        if isProbe { isProbing = true }
        inFlight += 1
        unshared.begun &+= 1
        use.addRequest(at: now)
        return isProbe
    }

    /// A good answer.
    mutating func succeed(
        _ measured: AttemptOutcome.Measured,
        _ arguments: StrategyArguments,
        at now: Moment
    ) {
        use.addAttempt(failed: false, at: now)
        isFailing = false
        use.add(tokens: measured.totalTokens, at: now)
        if measured.isStream {
            guard let seconds = measured.firstTokenSeconds else { return }
            firstTokenSeconds.add(seconds: seconds, at: now, arguments)
            unshared.firstToken.add(seconds: seconds)
        } else {
            let seconds = measured.seconds / Double(max(1, measured.completionTokens))
            tokenSeconds.add(seconds: seconds, at: now, arguments)
            unshared.token.add(seconds: seconds)
        }
    }

    /// A failure; it may begin a cooldown, but does not extend one.
    /// - Returns: how long the endpoint cools from now on; nil when nothing changes.
    mutating func fail(
        _ failure: AttemptFailure,
        wasProbe: Bool,
        policy: GroupPolicy,
        override: CooldownPolicy.Override?,
        neighbours: CooldownPolicy.Neighbours,
        at now: Moment
    ) -> UInt64? {
        use.addAttempt(failed: failure.kind.blamesUpstream, at: now)
        isFailing = failure.kind.blamesUpstream
        if failure.kind == .timeout {
            // LiteLLM's: so slow that others are chosen, and not for ever. The fleet is not told:
            // it may be this process' own trouble.
            let seconds = LatencyWindow.timeoutSeconds
            firstTokenSeconds.add(seconds: seconds, at: now, policy.arguments)
            tokenSeconds.add(seconds: seconds, at: now, policy.arguments)
        }
        if isCooling(at: now) { return nil }
        let duration = policy.cooldown.judge(
            failure,
            use: use.counts(at: now),
            fails: &fails,
            override: override,
            neighbours: neighbours,
            wasProbe: wasProbe,
            at: now
        )
        guard let duration else {
            if wasProbe { endCooldown() }
            return nil
        }
        cooldownEnds = now.adding(milliseconds: duration)
        hasOwnTrouble = !failure.isForFleet
        fleet = FleetCooldown()
        return duration
    }

    /// All requests may go there.
    mutating func endCooldown() {
        cooldownEnds = 0
        hasOwnTrouble = false
        fleet = FleetCooldown()
    }
}

extension FailureKind {
    /// Whether a failure is the upstream's, not the client's.
    package var blamesUpstream: Bool {
        switch self {
        case .badRequest, .contextWindow, .contentPolicy, .conflict, .pathNotFound, .forbidden,
            .notImplemented:
            false
        default: true
        }
    }
}

extension LatencyWindow {
    fileprivate mutating func add(
        seconds: Double,
        at now: Moment,
        _ arguments: StrategyArguments
    ) {
        add(
            seconds: seconds,
            at: now,
            countMax: arguments.latencySamplesMax,
            ttlMS: arguments.latencyTTLMS
        )
    }
}
