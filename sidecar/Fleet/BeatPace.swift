/// How long a sidecar waits between two beats.
///
/// One that shares nothing but limits needs to know only how many it shares them with, should Redis
/// go. That changes seldom; but while it does, as when a fleet starts, it asks often: until then it
/// would take too much for its own.
package struct BeatPace: Hashable, Sendable {
    /// Between two beats where what is said is about a second old at most, in milliseconds.
    package static let quickMS: UInt64 = 1_000
    /// The same where the number of sidecars has been the same for a while.
    package static let slowMS: UInt64 = 5_000
    /// The same while rights are missing: they do not come by themselves.
    package static let refusedMS: UInt64 = 10_000
    /// Quick beats after a change, as long as a lease: by then all have said that they are there.
    package static let quickCount = 15

    private var quickLeft = BeatPace.quickCount
    private var live: Int?

    /// Of a sidecar that has just started.
    package init() {}

    /// The fleet has said how many sidecars are there.
    package mutating func heard(live: Int) {
        if live != self.live { quickLeft = Self.quickCount }
        self.live = live
    }

    /// The wait before the next beat, in milliseconds.
    /// - Parameters:
    ///   - isAlwaysQuick: whether more than limits is shared.
    ///   - isRefused: whether rights are missing.
    package mutating func next(isAlwaysQuick: Bool, isRefused: Bool) -> UInt64 {
        if isRefused { return Self.refusedMS }
        if isAlwaysQuick { return Self.quickMS }
        guard quickLeft > 0 else { return Self.slowMS }
        quickLeft -= 1
        return Self.quickMS
    }
}
