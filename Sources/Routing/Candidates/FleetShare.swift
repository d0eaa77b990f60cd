/// What the rest of the fleet has told of an endpoint. Written about once a second, and believed
/// for a few: when nobody tells any more, each goes by what it knows itself.
package struct FleetShare: Hashable, Sendable {
    /// Until when it is believed, on the monotonic clock; 0 when nothing was told.
    package var ends: UInt64 = 0
    /// Requests that the other sidecars are having served there.
    package var othersInFlight: Int32 = 0
    /// Requests that this process had being served there when it was told.
    package var ownInFlight: Int32 = 0
    /// How many requests of the group the other sidecars begin for each that this process begins.
    package var othersPace = 0.0
    /// The fleet's mean to the first token of streams, in seconds; nil when nobody measured it.
    package var firstTokenSeconds: Double?
    /// The fleet's mean an output token, likewise.
    package var tokenSeconds: Double?

    /// More does not matter: chance alone decides then.
    package static let paceMax = 1e6

    /// Nothing told.
    package init() {}

    /// Whether it is still believed.
    package func isFresh(at now: Moment) -> Bool { ends > now.nanoseconds }
}

/// Latencies that were measured here and that the fleet was not told of yet.
package struct LatencySum: Hashable, Sendable {
    package private(set) var seconds = 0.0
    package private(set) var count: Int32 = 0

    /// Nothing measured.
    package init() {}

    /// Adds one; in a fleet of one nobody takes them, so their number is bounded.
    package mutating func add(seconds: Double) {
        if count >= Self.countMax { self = LatencySum() }
        self.seconds += seconds
        count += 1
    }

    /// Hands over what has come together.
    package mutating func take() -> LatencySum {
        defer { self = LatencySum() }
        return self
    }

    private static let countMax: Int32 = 1 << 20
}
