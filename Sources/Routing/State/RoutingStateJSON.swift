/// The state of routing as `GET /routing/state` says it and `explain --state` takes it: the format
/// of `docs/routing.md`. Points in time are said as distances from now, so that another process,
/// whose clock has nothing to do with this one's, can take them up.
package struct RoutingStateJSON: Hashable, Sendable {
    /// When it was written, for people.
    package var time: String
    /// Whole minutes since 1970: what is of this minute counts in no other.
    package var minute: UInt64
    package var endpoints: [Endpoint] = []
    package var budget = RetryBudget.Counts()
    /// Whether the budget has no room for a retry; follows from the rest, and is for people.
    package var isBudgetSpent = false

    /// What is known of an endpoint. Milliseconds are whole ones where the name does not say what
    /// they were measured of.
    package struct Endpoint: Hashable, Sendable {
        /// The deployment's identifier.
        package var deployment: String
        /// The public name of its model.
        package var model = ""
        /// Address and port; empty for a deployment with one endpoint.
        package var endpoint = ""
        package var inFlight: Int32 = 0
        /// What is left of its cooldown; 0 when it does not cool.
        package var cooldownMS: UInt64 = 0
        /// Whether it cools, or is half open, because other sidecars say so.
        package var isFleets = false
        package var isHalfOpen = false
        package var isProbing = false
        package var health = EndpointState.Health.unknown
        package var healthReason: String?
        /// Of this minute.
        package var use = MinuteUse.Counts()
        package var firstToken: Latency?
        package var token: Latency?
        /// Until it has its full share; 0 when it has.
        package var warmingMS: UInt64 = 0
        /// What the fleet has told of it.
        package var othersInFlight: Int32 = 0
        package var othersPace = 0.0
        /// Requests in flight when it was told; nil where that has not changed.
        package var inFlightTold: Int32?
        /// In seconds.
        package var fleetFirstToken: Double?
        package var fleetToken: Double?

        /// An endpoint of which nothing is known.
        package init(deployment: String) {
            self.deployment = deployment
        }
    }

    /// A mean, and how long ago the last of its samples came.
    package struct Latency: Hashable, Sendable {
        package var seconds: Double
        package var ageMS: UInt64
        /// Whether a request that got no answer in time is among them.
        package var hasTimeout = false

        package init(seconds: Double, ageMS: UInt64) {
            self.seconds = seconds
            self.ageMS = ageMS
        }
    }

    /// A state without endpoints.
    package init(time: String, minute: UInt64) {
        self.time = time
        self.minute = minute
    }

    /// What is known now.
    /// - Parameters:
    ///   - time: for people.
    ///   - describe: the model of an endpoint by its slot, and why a health check found it dead.
    package init(
        _ state: RoutingState,
        at now: Moment,
        time: String,
        describe: (Int32) -> (model: String, healthReason: String?)
    ) {
        self.init(time: time, minute: now.minute)
        for index in state.endpoints.indices {
            let slot = Int32(truncatingIfNeeded: index)
            guard let key = state.key(of: slot) else { continue }
            var endpoint = Endpoint(key, state.endpoints[index], at: now)
            let described = describe(slot)
            endpoint.model = described.model
            endpoint.healthReason = endpoint.health == .unhealthy ? described.healthReason : nil
            endpoints.append(endpoint)
        }
        // Slots are used again, so their order says nothing.
        endpoints.sort {
            ($0.model, $0.deployment, $0.endpoint) < ($1.model, $1.deployment, $1.endpoint)
        }
        budget = state.retryBudget.counts(at: now)
        isBudgetSpent = state.retryBudget.isSpent(at: now)
    }

    /// The state, and the moment in which it is this one. Each endpoint is held once.
    package func restored() -> (state: RoutingState, now: Moment) {
        let now = Moment(nanoseconds: Self.restoredAt, minute: minute)
        var state = RoutingState()
        for endpoint in endpoints {
            let key = RoutingState.EndpointKey(
                deploymentID: endpoint.deployment,
                endpoint: endpoint.endpoint
            )
            let slot = state.hold(key, isNew: false, at: now)
            state.update(slot) { $0 = endpoint.state(at: now) }
        }
        state.retryBudget.restore(budget, at: now)
        return (state, now)
    }

    /// Far from both ends of the clock, so that what was long ago and what is to come fit.
    private static let restoredAt: UInt64 = 1 << 62
}

extension RoutingStateJSON.Endpoint {
    fileprivate init(
        _ key: RoutingState.EndpointKey,
        _ state: EndpointState,
        at now: Moment
    ) {
        self.init(deployment: key.deploymentID)
        endpoint = key.endpoint
        inFlight = state.inFlight
        cooldownMS = now.milliseconds(until: state.cooldownEnds)
        isFleets = state.fleet.isOn
        isHalfOpen = state.isHalfOpen(at: now)
        isProbing = state.isProbing
        health = state.healthEnds > now.nanoseconds ? state.health : .unknown
        use = state.use.counts(at: now)
        firstToken = RoutingStateJSON.Latency(state.firstTokenSeconds, at: now)
        token = RoutingStateJSON.Latency(state.tokenSeconds, at: now)
        warmingMS = now.milliseconds(until: state.warmAt)
        guard state.share.isFresh(at: now) else { return }
        othersInFlight = state.share.othersInFlight
        othersPace = state.share.othersPace
        let told = state.share.ownInFlight
        inFlightTold = othersPace > 0 && told != inFlight ? told : nil
        fleetFirstToken = state.share.firstTokenSeconds
        fleetToken = state.share.tokenSeconds
    }

    fileprivate func state(at now: Moment) -> EndpointState {
        var state = EndpointState()
        state.inFlight = inFlight
        state.isProbing = isProbing
        if cooldownMS > 0 {
            state.cooldownEnds = now.adding(milliseconds: cooldownMS)
        } else if isHalfOpen {
            state.cooldownEnds = now.nanoseconds
        }
        if isFleets, state.cooldownEnds != 0 { state.fleet.ends = max(1, state.cooldownEnds) }
        state.health = health
        state.healthEnds = health == .unknown ? 0 : .max
        state.use = MinuteUse(use, at: now)
        if let firstToken { state.firstTokenSeconds = LatencyWindow(firstToken, at: now) }
        if let token { state.tokenSeconds = LatencyWindow(token, at: now) }
        if warmingMS > 0 { state.warmAt = now.adding(milliseconds: warmingMS) }
        // As long as anybody looks at it.
        state.share.ends = .max
        state.share.othersInFlight = othersInFlight
        state.share.othersPace = othersPace
        state.share.ownInFlight = inFlightTold ?? inFlight
        state.share.firstTokenSeconds = fleetFirstToken
        state.share.tokenSeconds = fleetToken
        return state
    }
}

extension RoutingStateJSON.Latency {
    fileprivate init?(_ window: LatencyWindow, at now: Moment) {
        guard let seconds = window.latest else { return nil }
        self.init(seconds: seconds, ageMS: window.ageMS(at: now))
        hasTimeout = window.hasTimeout
    }
}

extension LatencyWindow {
    fileprivate init(_ latency: RoutingStateJSON.Latency, at now: Moment) {
        let age = min(latency.ageMS, now.nanoseconds / 1_000_000)
        let then = Moment(nanoseconds: now.nanoseconds - age * 1_000_000, minute: now.minute)
        self.init(mean: latency.seconds, hasTimeout: latency.hasTimeout, at: then)
    }
}
