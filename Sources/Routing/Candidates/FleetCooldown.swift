/// What the fleet says of an endpoint's cooldown, and what of it is this process' own.
///
/// Nothing has to be undone when the fleet falls silent: what it said last runs out, and the
/// endpoint is half open as after any cooldown.
package struct FleetCooldown: Hashable, Sendable {
    /// When the fleet's cooldown ends or ended, on the monotonic clock; 0 when it says nothing.
    package var ends: UInt64 = 0
    /// When the process' own cooldown ends or ended; 0 when there is none.
    package var ownEnds: UInt64 = 0
    /// Whether this process is the one to try the endpoint.
    package var isOurs = false
    /// Whether a request has come by that the endpoint might have served, had it not cooled.
    package var isWanted = false

    /// How long an endpoint is spared beyond the end of its cooldown, for another sidecar's try,
    /// after the fleet was heard last: beats may be lost, but not for long.
    package static let lapseMS: UInt64 = 3_000

    /// Nothing said.
    package init() {}

    /// Whether the fleet says anything.
    package var isOn: Bool { ends != 0 }
}

extension EndpointState {
    /// Has it cool as the fleet says, or for longer as the process itself has found.
    /// - Parameters:
    ///   - ends: when the fleet's cooldown ends or ended.
    ///   - isOurs: whether this process is the one to try it after that.
    ///   - spares: whether another sidecar's try is waited for: there is another candidate.
    mutating func cool(withFleetUntil ends: UInt64, isOurs: Bool, spares: Bool, at now: Moment) {
        if !fleet.isOn { fleet.ownEnds = cooldownEnds }
        fleet.ends = max(1, ends)
        fleet.isOurs = isOurs
        cooldownEnds = max(fleet.ownEnds, fleet.ends)
        if spares, !isOurs {
            cooldownEnds = max(cooldownEnds, now.adding(milliseconds: FleetCooldown.lapseMS))
        }
    }

    /// Another sidecar's try has found it well: only what is this process' own stays.
    mutating func recoverWithFleet(at now: Moment) {
        let stays = hasOwnTrouble || fleet.ownEnds > now.nanoseconds
        cooldownEnds = stays ? fleet.ownEnds : 0
        fleet = FleetCooldown()
    }

    /// The fleet is heeded no more: it cools as long as the process itself has found, and is half
    /// open then.
    mutating func leaveFleet(at now: Moment) {
        cooldownEnds = max(fleet.ownEnds, min(cooldownEnds, now.nanoseconds))
        fleet = FleetCooldown()
    }

    /// Whether the process would try it for the fleet: that cooldown is over, nothing of its own
    /// speaks against it, and a request was or is there to do it.
    func wantsTry(at now: Moment) -> Bool {
        fleet.isOn && max(fleet.ends, fleet.ownEnds) <= now.nanoseconds
            && (fleet.isWanted || isProbing)
    }
}
