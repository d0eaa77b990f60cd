/// What a scrape tells of the process as a whole, beside its workers' shards.
package struct ProcessFacts: Sendable {
    package var version = ""
    package var commit = ""
    /// Seconds since 1970.
    package var startTime = 0.0
    /// The table that is being served; the digest is lowercase hexadecimal.
    package var tableGeneration: UInt64 = 0
    package var tableDigest = ""
    package var deployments = 0
    /// Deployments that cannot be used because a reference of theirs was not resolved.
    package var disabledDeployments = 0
    /// Those that were used so far.
    package var deploymentStates: [DeploymentState] = []
    /// Requests that wait for a place.
    package var queuedRequests = 0
    /// Sidecars that meet at one Redis, as was heard last; 1 where none is used.
    package var fleetSidecars = 1
    package var cache = CacheFacts()
    /// Lines of the access log that could not be written.
    package var accessLogLinesDropped: UInt64 = 0
    package var redis = RedisFacts()
    package var reloadsSucceeded: UInt64 = 0
    package var reloadsFailed: UInt64 = 0
    /// Of the failed ones, those of a table that no trusted key had signed.
    package var reloadsUntrusted: UInt64 = 0

    package init() {}
}
