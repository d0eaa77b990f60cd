/// What a request to AWS is signed with.
package struct AWSCredential: Hashable, Sendable {
    package let accessKeyID: String
    /// A secret.
    package let secretAccessKey: String
    /// A secret; nil for a long-term key.
    package let sessionToken: String?
    /// When it ends, in seconds since 1970; nil when it does not.
    package var expiresAt: Int?

    /// A credential as AWS hands it out.
    ///
    /// What is sent in header fields has spaces for control characters: a line break would begin a
    /// field of its own. AWS refuses such a credential.
    package init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil,
        expiresAt: Int? = nil
    ) {
        self.accessKeyID = Self.printable(accessKeyID)
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken.map(Self.printable)
        self.expiresAt = expiresAt
    }

    private static func printable(_ text: String) -> String {
        func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
        guard text.utf8.contains(where: isControl) else { return text }
        return String(decoding: text.utf8.map { isControl($0) ? 0x20 : $0 }, as: UTF8.self)
    }
}

extension AWSCredential: CustomStringConvertible {
    /// Without its secrets: it may stand in a log.
    package var description: String { accessKeyID }
}
