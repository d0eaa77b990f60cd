/// The times by which a source's credentials are renewed, in milliseconds.
package struct CredentialTerms: Hashable, Sendable {
    /// Whether credentials stay in use past their end while no others are to be had: those of an
    /// instance, which AWS goes on accepting while its metadata service is out (as botocore does).
    package var outliveExpiry = false
    /// How long credentials without an end are used before they are read again.
    package var rereadMS: UInt64 = 60_000
    /// The longest wait between fetches that fail, and so how long a failure is remembered.
    package var stepMaxMS: UInt64 = 30_000
    /// How long the next refusal drops nothing.
    package var dropPauseMS: UInt64 = 5_000
    /// The least between two fetches, whatever comes.
    package var spacingMS: UInt64 = 250

    /// Those of most sources.
    package init() {}

    /// Those of a source.
    package init(_ source: CredentialSource) {
        if case .instance = source { outliveExpiry = true }
    }

    /// How long before their end credentials of a lifetime are renewed: a quarter of it, at most
    /// 15 minutes.
    func softMarginMS(_ lifetimeMS: UInt64) -> UInt64 { min(900_000, lifetimeMS / 4) }

    /// How long before their end they are no longer signed with: a tenth, at most a minute.
    func hardMarginMS(_ lifetimeMS: UInt64) -> UInt64 { min(60_000, lifetimeMS / 10) }

    /// What chance puts the soft time forward by at most, so that sidecars which began together do
    /// not ask together.
    func jitterMS(_ lifetimeMS: UInt64) -> UInt64 { min(60_000, lifetimeMS / 16) }

    /// How long after so many failures in a row the next fetch is: 1, 2, 4 … 30 s, and never more
    /// than a quarter of the lifetime, or a second.
    func stepMS(_ failures: UInt64, lifetimeMS: UInt64) -> UInt64 {
        let doubled: UInt64 = 1_000 << min(max(failures, 1) - 1, 5)
        return min(doubled, stepMaxMS, max(lifetimeMS / 4, 1_000))
    }

    func jitter(_ most: UInt64, _ generator: inout some RandomNumberGenerator) -> UInt64 {
        UInt64.random(in: 0...most, using: &generator)
    }
}
