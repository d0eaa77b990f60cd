/// What a signature covers of a request, as it will be sent.
package struct SigningRequest: Sendable {
    /// In upper case.
    package var method: String
    /// The value of the request's `host` field: with a port unless it is the scheme's own.
    package var host: String
    /// As on the wire: already percent-encoded, without a query.
    package var path: String
    /// As on the wire, without the question mark; empty when there is none.
    package var query: String
    /// The request's other fields. Those that a proxy on the way may change are left unsigned.
    package var headers: [(name: String, value: String)]
    /// The SHA-256 of the body's bytes: 32 bytes, also for an empty body.
    package var bodyDigest: [UInt8]

    /// A request as it will be sent.
    package init(
        method: String,
        host: String,
        path: String,
        query: String = "",
        headers: [(name: String, value: String)],
        bodyDigest: [UInt8]
    ) {
        self.method = method
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
        self.bodyDigest = bodyDigest
    }
}
