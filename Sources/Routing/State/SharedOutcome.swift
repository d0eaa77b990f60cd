/// What an attempt showed of an endpoint that other sidecars are to hear of: only what the upstream
/// itself has answered, and what came of the one try that the fleet waits for.
package struct SharedOutcome: Hashable, Sendable {
    /// What came of it.
    package enum Kind: Hashable, Sendable {
        /// The upstream has refused, and the endpoint cools here for so many milliseconds.
        case cooled(milliseconds: UInt64)
        /// The one try went well.
        case recovered
        /// The one try came to this sidecar's own trouble: another one is to try.
        case yielded
    }

    package let key: RoutingState.EndpointKey
    package let kind: Kind

    package init(_ key: RoutingState.EndpointKey, _ kind: Kind) {
        self.key = key
        self.kind = kind
    }
}
