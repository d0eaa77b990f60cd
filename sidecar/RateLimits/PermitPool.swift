/// Permits of one window that a sidecar has taken in advance, to be used within a second.
package struct PermitPool: Hashable, Sendable {
    /// Permits that were taken together.
    package struct Lot: Hashable, Sendable {
        /// At which step they count in Redis.
        package let step: Int64
        /// How many are unused.
        package fileprivate(set) var left: Int64
        fileprivate let endsMS: Int64
    }

    /// How long permits are kept, in milliseconds.
    package static let lifetimeMS: Int64 = 1_000
    /// A sidecar takes no more in advance than its share of this part of a limit.
    package static let partMax: Int64 = 4

    /// The oldest first.
    private var lots: [Lot] = []
    /// What was used in the second at hand, and in the one before it.
    private var second: Int64 = 0
    private var used: Int64 = 0
    private var usedBefore: Int64 = 0

    /// Without permits.
    package init() {}

    /// Unused permits that may be used at this time.
    package func available(_ nowMS: Int64) -> Int64 {
        lots.reduce(0) { $1.endsMS > nowMS ? $0 + $1.left : $0 }
    }

    /// When the oldest permits end; nil without any.
    package var endsMS: Int64? { lots.first?.endsMS }

    /// Keeps what was granted at a step.
    package mutating func add(_ count: Int64, step: Int64, nowMS: Int64) {
        if count > 0 {
            lots.append(Lot(step: step, left: count, endsMS: nowMS + Self.lifetimeMS))
        }
    }

    /// Uses permits, of which there are enough.
    /// - Returns: the step at which the last of them counts.
    package mutating func take(_ count: Int64, nowMS: Int64) -> Int64 {
        turn(nowMS)
        used += count
        var missing = count
        var step = lots.last?.step ?? 0
        for place in lots.indices where lots[place].endsMS > nowMS && missing > 0 {
            let part = min(missing, lots[place].left)
            lots[place].left -= part
            missing -= part
            step = lots[place].step
        }
        lots.removeAll { $0.left == 0 }
        return step
    }

    /// Lets go of permits whose time is over; they are to be given back.
    package mutating func expire(_ nowMS: Int64) -> [Lot] {
        let over = lots.filter { $0.endsMS <= nowMS }
        if !over.isEmpty { lots.removeAll { $0.endsMS <= nowMS } }
        return over
    }

    /// How many permits to ask for: what a request needs beyond those at hand, and as many more as
    /// are used in a second, as far as that is no more than this sidecar's share of a quarter of
    /// the limit.
    /// - Parameter sharers: who takes permits of this limit, this one included.
    package mutating func wanted(
        for need: Int64,
        limit: Int64,
        sharers: Int64,
        nowMS: Int64
    ) -> Int64 {
        turn(nowMS)
        let share = limit / (Self.partMax * max(1, sharers))
        let ahead = min(max(used, usedBefore), share)
        return max(0, max(need, ahead) - available(nowMS))
    }

    private mutating func turn(_ nowMS: Int64) {
        let now = nowMS / 1_000
        guard now != second else { return }
        usedBefore = now == second + 1 ? used : 0
        used = 0
        second = now
    }
}
