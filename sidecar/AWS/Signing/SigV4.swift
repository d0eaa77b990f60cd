internal import Cryptography

/// AWS's Signature Version 4: what a request must carry so that AWS knows who sent it.
package enum SigV4 {
    static let algorithm = "AWS4-HMAC-SHA256"
    static let dateHeader = "x-amz-date"
    static let tokenHeader = "x-amz-security-token"

    /// The fields to add to a request: `x-amz-date`, `x-amz-security-token` for a temporary
    /// credential, and `authorization`. A request must carry no others of these names.
    ///
    /// A signature is valid for five minutes about its date, so each attempt is signed anew.
    /// `x-amz-content-sha256` is left out, as AWS's own SDK does for Bedrock and STS; one that is
    /// among the request's fields is signed.
    package static func authorize(
        _ request: SigningRequest,
        date: SigningDate,
        scope: SigningScope,
        credential: AWSCredential,
        keys: SigningKeyCache
    ) -> [(name: String, value: String)] {
        let canonical = CanonicalRequest(
            request,
            date: date,
            sessionToken: credential.sessionToken
        )
        var headers = [(name: dateHeader, value: date.text)]
        if let token = credential.sessionToken { headers.append((name: tokenHeader, value: token)) }
        let authorization = authorization(canonical, date, scope, credential, keys)
        headers.append((name: "authorization", value: authorization))
        return headers
    }

    /// The value of the `authorization` field.
    static func authorization(
        _ canonical: CanonicalRequest,
        _ date: SigningDate,
        _ scope: SigningScope,
        _ credential: AWSCredential,
        _ keys: SigningKeyCache
    ) -> String {
        let message = stringToSign(canonical, date: date, scope: scope)
        let key = keys.key(credential: credential, day: date.day, scope: scope)
        let signature = Hex.encode(key.code(message))
        return "\(algorithm) Credential=\(credential.accessKeyID)/\(scopeText(date.day, scope)), "
            + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"
    }

    static func stringToSign(
        _ canonical: CanonicalRequest,
        date: SigningDate,
        scope: SigningScope
    ) -> [UInt8] {
        let digest = Hex.encode(SHA256.hash(canonical.bytes))
        return Array("\(algorithm)\n\(date.text)\n\(scopeText(date.day, scope))\n\(digest)".utf8)
    }

    /// The key that signs within a scope on one day: 32 bytes, a secret.
    static func signingKey(secret: String, day: String, scope: SigningScope) -> [UInt8] {
        var key = Array("AWS4".utf8) + Array(secret.utf8)
        for part in [day, scope.region, scope.service, "aws4_request"] {
            key = HMACSHA256.code(Array(part.utf8), key: key)
        }
        return key
    }

    private static func scopeText(_ day: String, _ scope: SigningScope) -> String {
        "\(day)/\(scope.region)/\(scope.service)/aws4_request"
    }
}
