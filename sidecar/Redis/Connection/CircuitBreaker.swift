internal import EventLoop

/// Whether a server is asked at all: after a few deadlines in a row it is not, until it has
/// answered a probe in time.
struct CircuitBreaker: Hashable, Sendable {
    /// Timeouts in a row that open it.
    static let timeoutsMax = 3
    /// How long it stays open at least, the first time, in milliseconds.
    static let holdMS: UInt64 = 100
    /// How long it stays open at least, when it opened again and again, in milliseconds.
    static let holdMaxMS: UInt64 = 5_000
    /// How long it must have been closed for the next hold to be the first one again, in
    /// milliseconds.
    static let calmMS: UInt64 = 10_000

    private enum Phase: Hashable {
        case closed(since: Instant)
        case open(until: Instant)
    }

    private var phase: Phase
    private var timeouts = 0
    private var nextHoldMS = CircuitBreaker.holdMS

    init(now: Instant) {
        // A breaker that has never opened has been calm for ever.
        phase = .closed(since: Instant(nanoseconds: 0))
    }

    var isOpen: Bool {
        if case .open = phase { true } else { false }
    }

    /// When a probe's success may close it; nil while it is closed.
    var heldUntil: Instant? {
        if case .open(let until) = phase { until } else { nil }
    }

    /// An answer came in time.
    mutating func recordAnswer() {
        timeouts = 0
    }

    /// A deadline passed.
    /// - Returns: whether that opened it.
    mutating func recordTimeout(_ now: Instant) -> Bool {
        guard !isOpen else { return false }
        timeouts += 1
        guard timeouts >= CircuitBreaker.timeoutsMax else { return false }
        return open(now)
    }

    /// Opens it at once.
    /// - Returns: whether it was closed.
    mutating func open(_ now: Instant) -> Bool {
        guard case .closed(let since) = phase else { return false }
        if now.since(since) >= CircuitBreaker.calmMS * 1_000_000 {
            nextHoldMS = CircuitBreaker.holdMS
        }
        phase = .open(until: now.advanced(milliseconds: nextHoldMS))
        nextHoldMS = min(nextHoldMS * 2, CircuitBreaker.holdMaxMS)
        return true
    }

    /// A probe was answered in time.
    /// - Returns: whether that closed it; not before its hold is over.
    mutating func recordProbe(_ now: Instant) -> Bool {
        guard case .open(let until) = phase, now >= until else { return false }
        close(now)
        return true
    }

    /// A new connection was greeted: whatever was wrong with the last one is over.
    mutating func close(_ now: Instant) {
        timeouts = 0
        if isOpen { phase = .closed(since: now) }
    }
}
