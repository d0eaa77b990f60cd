/// What a request to AWS is signed with.
package struct AWSCredential: Hashable, Sendable {
    package var accessKeyID: String
    /// A secret.
    package var secretAccessKey: String
    /// A secret; nil for a long-term key.
    package var sessionToken: String?
    /// When it ends, in seconds since 1970; nil when it does not.
    package var expiresAt: Int?

    /// A credential as AWS hands it out.
    package init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil,
        expiresAt: Int? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAt = expiresAt
    }

    /// Whether it is printable ASCII without spaces, as what stands in headers must be.
    package var isPlain: Bool {
        [accessKeyID, secretAccessKey, sessionToken ?? ""].allSatisfy { part in
            part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        }
    }
}

extension AWSCredential: CustomStringConvertible {
    /// Without its secrets: it may stand in a log.
    package var description: String { accessKeyID }
}
