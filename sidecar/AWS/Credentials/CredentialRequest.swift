/// A call that is made to get credentials.
package struct CredentialRequest: Sendable {
    /// The longest answer that is read, in bytes; real ones have about two thousand.
    package static let answerBytesMax = 64 << 10

    package var method: String
    package var endpoint: AWSEndpoint
    /// Behind the endpoint's own path; begins with a slash.
    package var path: String
    /// Without the question mark; empty mostly.
    package var query = ""
    /// May hold secrets.
    package var headers: [(name: String, value: String)] = []
    /// May hold a secret.
    package var body: [UInt8] = []
    /// What to sign for; nil for a call that is not signed.
    package var scope: SigningScope?

    init(method: String, endpoint: AWSEndpoint, path: String) {
        self.method = method
        self.endpoint = endpoint
        self.path = path
    }

    /// The path and the query, as they are sent.
    package var target: String {
        let whole = endpoint.pathPrefix + path
        return query.isEmpty ? whole : whole + "?" + query
    }
}
