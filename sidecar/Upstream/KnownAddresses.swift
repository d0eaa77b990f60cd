package import EventLoop

/// What was last learnt about a host's addresses.
package struct KnownAddresses: Hashable, Sendable {
    /// Sorted, each one once; empty when no look-up has succeeded so far.
    package var addresses: [SocketAddress]
    /// When a look-up last gave these addresses; nil when none has.
    package var resolvedAt: Instant?
    /// Why the last look-up failed; nil when it did not.
    package var failure: String?

    package init(addresses: [SocketAddress], resolvedAt: Instant?, failure: String? = nil) {
        self.addresses = addresses
        self.resolvedAt = resolvedAt
        self.failure = failure
    }
}
