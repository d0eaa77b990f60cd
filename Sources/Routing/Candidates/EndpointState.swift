/// What is known of one endpoint of a deployment in this process. A value: strategies and filters
/// read it as it was handed to them.
package struct EndpointState: Sendable {
    /// What a background check found.
    package enum Health: UInt8, Sendable {
        case unknown
        case healthy
        case unhealthy
    }

    /// Requests that are being served there.
    package var inFlight: Int32 = 0
    /// Whether the one request that may try it after a cooldown is under way.
    package var isProbing = false
    /// Whether the last attempt that ended failed, and not by the client's fault.
    package var isFailing = false
    package var health = Health.unknown
    /// Until when `health` is believed, on the monotonic clock.
    package var healthEnds: UInt64 = 0
    /// When its cooldown ends; 0 when there is none. Past and not 0: half open.
    package var cooldownEnds: UInt64 = 0
    /// Whether the process' own cooldown is for trouble of its own, not for what the upstream
    /// itself has answered.
    package var hasOwnTrouble = false
    /// What other sidecars say of the cooldown.
    package var fleet = FleetCooldown()
    /// When a new endpoint of a name has its full share; 0 for one that was there from the start.
    package var warmAt: UInt64 = 0
    /// The use of the minute that was counted last.
    package var use = MinuteUse()
    /// Seconds to the first token of streams.
    package var firstTokenSeconds = LatencyWindow()
    /// Seconds per output token of whole answers, or for all of one without a count.
    package var tokenSeconds = LatencyWindow()
    /// Failures within one cooldown's time, for `allowed_fails`.
    package var fails = FailureCounts()
    /// What the fleet has told.
    package var share = FleetShare()
    /// What it is to be told: requests begun, and what was measured.
    package var unshared = Unshared()

    /// What the fleet was not told of yet.
    package struct Unshared: Hashable, Sendable {
        package var begun: Int32 = 0
        package var firstToken = LatencySum()
        package var token = LatencySum()

        /// Nothing to tell.
        package init() {}
    }

    /// How long a new endpoint is warmed in, in milliseconds.
    package static let warmingMS: UInt64 = 5_000

    /// An endpoint of which nothing is known.
    package init() {}

    /// Whether it still cools.
    package func isCooling(at now: Moment) -> Bool { cooldownEnds > now.nanoseconds }

    /// Whether a cooldown is over that no request has proved wrong yet.
    package func isHalfOpen(at now: Moment) -> Bool {
        cooldownEnds != 0 && cooldownEnds <= now.nanoseconds
    }

    /// Whether a background check found it dead, not long ago.
    package func isUnhealthy(at now: Moment) -> Bool {
        health == .unhealthy && healthEnds > now.nanoseconds
    }

    /// Whether any request may go there: it does not cool, has proved itself since, and is not
    /// dead.
    package func isAvailable(at now: Moment) -> Bool {
        cooldownEnds == 0 && !isUnhealthy(at: now)
    }

    /// How much of its share it gets: from a tenth to all of it.
    package func warmth(at now: Moment) -> Double {
        guard warmAt > now.nanoseconds else { return 1 }
        let left = Double(warmAt - now.nanoseconds) / Double(Self.warmingMS * 1_000_000)
        return max(0.1, 1 - left)
    }
}
