/// A whole answer that may be given again. Never changed, and so shared by all who send it.
package final class CachedAnswer: Sendable {
    /// What it is given to: a request for a stream, or one for a whole answer.
    package enum Kind: UInt8, Hashable, Sendable {
        /// One JSON document.
        case whole = 0
        /// All events of a stream.
        case stream = 1
    }

    package let kind: Kind
    /// The value of its `content-type`.
    package let contentType: String
    /// The model's name that stands in it, as a JSON string; empty where that is the upstream's.
    package let publicModel: [UInt8]
    /// What the upstream counted, in and out.
    package let tokens: Int
    /// When it was given, in milliseconds since 1970.
    package let createdMS: UInt64
    /// Until when it may be given again, in milliseconds since 1970.
    package let expiresMS: UInt64
    package let body: [UInt8]

    package init(
        kind: Kind,
        contentType: String,
        publicModel: [UInt8],
        tokens: Int,
        createdMS: UInt64,
        expiresMS: UInt64,
        body: [UInt8]
    ) {
        self.kind = kind
        self.contentType = contentType
        self.publicModel = publicModel
        self.tokens = tokens
        self.createdMS = createdMS
        self.expiresMS = expiresMS
        self.body = Self.compact(body)
    }

    /// A stream that grew piece by piece has up to twice the room that it needs, which the bound on
    /// memory would not count.
    private static func compact(_ body: [UInt8]) -> [UInt8] {
        guard body.capacity - body.count > body.count / 8 + 64 else { return body }
        var compact: [UInt8] = []
        compact.reserveCapacity(body.count)
        compact += body
        return compact
    }

    /// The same, to be given until another time.
    package func expiring(at expiresMS: UInt64) -> CachedAnswer {
        CachedAnswer(
            kind: kind,
            contentType: contentType,
            publicModel: publicModel,
            tokens: tokens,
            createdMS: createdMS,
            expiresMS: expiresMS,
            body: body
        )
    }

    /// How old it is at a time, in milliseconds. Another sidecar's clock may be ahead.
    package func ageMS(at nowMS: UInt64) -> UInt64 {
        nowMS > createdMS ? nowMS - createdMS : 0
    }

    /// Whether it may be given at a time to who wants nothing older than `ageMaxMS`.
    package func isFresh(at nowMS: UInt64, ageMaxMS: UInt64?) -> Bool {
        guard nowMS < expiresMS else { return false }
        return ageMaxMS.map { ageMS(at: nowMS) <= $0 } ?? true
    }

    /// The memory that it takes, in bytes, with what is needed to find it.
    var cost: Int { body.count + publicModel.count + contentType.utf8.count + 320 }
}
