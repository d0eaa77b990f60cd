/// How long one connection is used, so that a service's virtual address, which spreads connections
/// and not requests, gets new ones to spread.
package struct ConnectionLimits: Hashable, Sendable {
    /// The age beyond which it serves no further exchange.
    package var ageMS: UInt64 = 60_000
    /// Exchanges that it serves.
    package var exchanges = 1_000

    /// The part of the age by which connections differ at most, so that those which were opened
    /// together do not all end together.
    static let jitter = 0.1

    /// The defaults.
    package init() {}

    /// Whether a connection may serve one more exchange.
    /// - Parameters:
    ///   - ageNS: since it was opened.
    ///   - served: exchanges so far.
    ///   - share: its own share of the age, between `1 - jitter` and 1.
    func allowsReuse(ageNS: UInt64, served: Int, share: Double) -> Bool {
        served < exchanges && Double(ageNS) < Double(ageMS) * 1e6 * share
    }
}
