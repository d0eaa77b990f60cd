/// What is the same in all requests of one kind that one credential signs: their fields, in the
/// form that is sent and in the one that is hashed. Belongs to one worker.
package final class SigningTemplate {
    package let credential: AWSCredential
    /// The lines of the fields as they are sent, `x-amz-security-token` with them; without
    /// `x-amz-date` and `authorization`. May hold a secret.
    package let lines: [UInt8]

    private let method: String
    private let scope: SigningScope
    private var headers: CanonicalHeaders
    private var seconds = 0
    private var date = SigningDate(secondsSince1970: 0)
    /// The path that was signed last, and the form of it that is hashed.
    private var path: (text: String, canonical: [UInt8]) = ("", [])

    /// - Parameters:
    ///   - method: in upper case.
    ///   - host: the value of the `host` field, with a port unless it is the scheme's own.
    ///   - headers: the other fields; they hold no line breaks.
    package init(
        method: String,
        host: String,
        headers: [(name: String, value: String)],
        scope: SigningScope,
        credential: AWSCredential
    ) {
        self.method = method
        self.scope = scope
        self.credential = credential
        self.headers = CanonicalHeaders(
            SigningRequest(method: method, host: host, path: "/", headers: headers, bodyDigest: []),
            date: date,
            sessionToken: credential.sessionToken
        )
        var sent = headers
        if let token = credential.sessionToken {
            sent.append((name: SigV4.tokenHeader, value: token))
        }
        lines = sent.flatMap { Array("\($0.name): \($0.value)\r\n".utf8) }
    }

    /// The values of `x-amz-date` and `authorization` for one request.
    ///
    /// - Parameters:
    ///   - path: as on the wire: already percent-encoded, without a query.
    ///   - bodyDigest: the SHA-256 of the body.
    package func sign(
        path text: String,
        bodyDigest: [UInt8],
        secondsSince1970: Int,
        keys: SigningKeyCache
    ) -> (date: String, authorization: String) {
        if secondsSince1970 != seconds {
            seconds = secondsSince1970
            date = SigningDate(secondsSince1970: secondsSince1970)
            headers.setDate(date)
        }
        if path.text != text { path = (text, CanonicalRequest.path(text)) }
        let canonical = CanonicalRequest(
            method: method,
            path: path.canonical,
            query: "",
            headers: headers,
            bodyDigest: bodyDigest
        )
        return (date.text, SigV4.authorization(canonical, date, scope, credential, keys))
    }
}
