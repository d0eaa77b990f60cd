internal import POSIX

/// Why an exchange with an upstream failed.
package struct UpstreamError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A closed set: metrics count by it.
    package enum Kind: String, Hashable, Sendable {
        /// The host's name has no address.
        case resolve
        /// No connection: refused, unreachable, reset while connecting.
        case connect
        case connectTimeout = "connect_timeout"
        /// TLS: handshake or certificate.
        case tls
        /// The connection broke before the answer's head was complete.
        case closedBeforeHead = "closed_before_head"
        /// The connection broke within the body.
        case closedInBody = "closed_in_body"
        case firstByteTimeout = "first_byte_timeout"
        case idleTimeout = "idle_timeout"
        case totalTimeout = "total_timeout"
        /// What came is not HTTP, or over a limit.
        case malformed
        /// The client has left, or the sidecar ends.
        case cancelled
        /// The process may open no more files or sockets: it says nothing of the upstream.
        case noDescriptor = "no_descriptor"
    }

    package let kind: Kind
    /// For the log: no secret, not for the client.
    package let detail: String
    /// Whether the connection had served before and broke before a byte of the answer, so that the
    /// upstream most likely closed it for being idle: trying once more is safe.
    package var wasStale = false
    /// Whether no byte of the request can have reached the upstream, so that trying elsewhere costs
    /// nobody anything. A request that was written to a pooled connection may have arrived, even
    /// where that connection broke and the next one failed.
    package var sentNothing = false

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    package var description: String { "\(kind.rawValue): \(detail)" }

    /// This failure, unless no connection came about because the process can open hardly anything:
    /// it takes a socket, and its name's look-up and the certificates' files take more.
    package func blamedRightly() -> UpstreamError {
        let isBeforeSending = [.resolve, .connect, .tls].contains(kind)
        guard isBeforeSending, FileDescriptor.areScarce else { return self }
        var error = UpstreamError(.noDescriptor, "no descriptor is left (\(detail))")
        error.sentNothing = sentNothing
        return error
    }

    package var isTimeout: Bool {
        switch kind {
        case .connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout: true
        default: false
        }
    }
}
