/// Why a candidate is not among those that a strategy chooses from.
package enum Exclusion: UInt8, CaseIterable, Hashable, Sendable {
    /// The request named another deployment.
    case notPinned
    case tags
    case contextWindow
    /// It refused this request for good.
    case refused
    /// It failed in this request, and another one did not yet.
    case tried
    case unhealthy
    case cooling
    /// It is half open, and its one request is under way.
    case probing
    /// `rpm` or `tpm` of this minute are spent.
    case minuteLimit
    /// Another one has a lower `order`.
    case order
    /// `max_parallel_requests` are in flight.
    case full
    /// New, and left out of this choice by chance.
    case warming
}
