internal import RateLimits
internal import Redis

/// A wish that Redis was asked about, and whose answer is on its way.
///
/// Whoever asked may wait for the answer, or let go of this: what was granted to nobody is given
/// back as soon as that is heard.
final class LimitQuestion {
    let wish: LimitWish
    let limiter: SharedLimiter
    /// Stands for the request among those that have places.
    let member: String
    let call: RedisCall

    init(_ wish: LimitWish, _ limiter: SharedLimiter, member: String, call: RedisCall) {
        self.wish = wish
        self.limiter = limiter
        self.member = member
        self.call = call
    }
}
