internal import EventLoop
internal import RateLimits
internal import Synchronization

/// The limits within the process, shared by all workers behind one lock, which each step holds for
/// about a microsecond.
final class LimitBoard: Sendable {
    private let limiter = Mutex(LocalLimiter())

    private var nowMS: Int64 { Int64(Instant.now().nanoseconds / 1_000_000) }

    func decide(_ wish: LimitWish) -> LimitDecision {
        limiter.withLock { $0.decide(wish, nowMS: nowMS) }
    }

    func settle(_ receipt: LimitReceipt, _ outcome: LimitOutcome) {
        limiter.withLock { $0.settle(receipt, outcome, nowMS: nowMS) }
    }
}
