internal import EventLoop
internal import RateLimits
internal import Synchronization

/// The limits within the process, shared by all workers behind one lock, which each step holds for
/// about a microsecond.
final class LimitBoard: Sendable {
    private let limiter = Mutex(LocalLimiter())
    /// How many sidecars there are, as Redis has said last; 1 before that.
    let live = Atomic<Int>(1)
    /// By how many limits are to be shared; see `LiveCounts`.
    let sharers = Atomic<Int>(1)
    private let counts = Mutex(LiveCounts())
    private let members = Atomic<Int>(0)
    /// What tells this process from all others, and from itself before a restart.
    let instance: String

    init() {
        instance = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    private var nowMS: Int64 { Int64(Instant.now().nanoseconds / 1_000_000) }

    /// - Parameter isShare: whether limits are to be divided among the sidecars that are there.
    func decide(_ wish: LimitWish, isShare: Bool = false) -> LimitDecision {
        let divisor = isShare ? Int64(max(1, sharers.load(ordering: .relaxed))) : 1
        return limiter.withLock { $0.decide(wish, nowMS: nowMS, divisor: divisor) }
    }

    /// Notes what Redis has granted, for the time when it cannot be asked.
    func note(_ wish: LimitWish, candidate: Int?) -> LimitReceipt {
        limiter.withLock { $0.take(wish, candidate: candidate, nowMS: nowMS) }
    }

    func settle(_ receipt: LimitReceipt, _ outcome: LimitOutcome) {
        limiter.withLock { $0.settle(receipt, outcome, nowMS: nowMS) }
    }

    /// Redis has said how many sidecars are there.
    func heard(live count: Int) {
        let most = counts.withLock { $0.add(count, atMS: nowMS) }
        live.store(count, ordering: .relaxed)
        sharers.store(most, ordering: .relaxed)
    }

    /// Limits are shared no more.
    func leave() {
        counts.withLock { $0 = LiveCounts() }
        live.store(1, ordering: .relaxed)
        sharers.store(1, ordering: .relaxed)
    }

    /// What stands for one request among all of the fleet.
    func nextMember() -> String {
        let number = members.add(1, ordering: .relaxed).newValue
        return "\(instance).\(String(number, radix: 36))"
    }
}
