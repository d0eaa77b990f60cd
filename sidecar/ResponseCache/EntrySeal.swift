internal import Cryptography
internal import JSON

/// What an answer is as bytes for others to keep: its facts, its body, and a code over both and the
/// entry's name. Only who knows the secret can have written it, and only under that name.
///
/// ```
/// version 1 · flags 1 · created 8 · expires 8 · tokens 4 · type's length 2 · model's length 2
/// · body's length 4, all big-endian · type · model · body · HMAC-SHA256 32
/// ```
package struct EntrySeal: Sendable {
    private let key: HMACKey
    /// An entry whose body claims more bytes is none.
    private let bodyBytesMax: Int

    private static let version: UInt8 = 1
    private static let headBytes = 30
    /// A body of more bytes is compressed, where that makes it smaller.
    private static let plainBytesMax = 1_024

    private enum Flag {
        static let compressed: UInt8 = 1
        static let stream: UInt8 = 2
    }

    /// - Parameters:
    ///   - secret: what all who share the entries know, and nobody else.
    ///   - bodyBytesMax: of an answer's body, when it is not compressed.
    package init(secret: [UInt8], bodyBytesMax: Int) {
        // A key of its own: the secret may be used elsewhere, too.
        key = HMACKey(HMACSHA256.code(Array("sidegate response cache 1".utf8), key: secret))
        self.bodyBytesMax = bodyBytesMax
    }

    /// An answer as it is kept under a name.
    /// - Parameter expiresMS: until when it may be given, where that is not the answer's own end.
    package func seal(
        _ answer: CachedAnswer,
        under name: CacheKey,
        expiresMS: UInt64? = nil
    ) -> [UInt8] {
        var body = answer.body
        var flags: UInt8 = answer.kind == .stream ? Flag.stream : 0
        if body.count > Self.plainBytesMax, let small = Zstandard.compress(body) {
            body = small
            flags |= Flag.compressed
        }
        let type = Array(answer.contentType.utf8.prefix(1_024))
        let model = answer.publicModel
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            Self.headBytes + type.count + model.count + body.count + SHA256.byteCount
        )
        bytes.append(Self.version)
        bytes.append(flags)
        bytes.append(answer.createdMS, count: 8)
        bytes.append(expiresMS ?? answer.expiresMS, count: 8)
        bytes.append(UInt64(clamping: min(answer.tokens, Int(Int32.max))), count: 4)
        bytes.append(UInt64(type.count), count: 2)
        bytes.append(UInt64(model.count), count: 2)
        bytes.append(UInt64(answer.body.count), count: 4)
        bytes += type
        bytes += model
        bytes += body
        bytes += code(name, bytes.rawSpan)
        return bytes
    }

    /// The answer that was sealed under a name; nil when it was not: altered, planted, moved from
    /// another name, or of another version.
    package func open(_ bytes: [UInt8], under name: CacheKey) -> CachedAnswer? {
        let end = bytes.count - SHA256.byteCount
        guard end >= Self.headBytes else { return nil }
        let span = bytes.rawSpan
        let code = code(name, span.extracting(..<end))
        guard isEqualInConstantTime(code.rawSpan, span.extracting(end...)),
            bytes[0] == Self.version
        else {
            return nil
        }
        let typeEnd = Self.headBytes + Int(bytes.number(22..<24))
        let modelEnd = typeEnd + Int(bytes.number(24..<26))
        let bodyCount = Int(bytes.number(26..<30))
        guard modelEnd <= end, bodyCount <= bodyBytesMax else { return nil }
        var body = Array(bytes[modelEnd..<end])
        if bytes[1] & Flag.compressed != 0 {
            guard let whole = Zstandard.expand(body, count: bodyCount) else { return nil }
            body = whole
        }
        guard body.count == bodyCount else { return nil }
        return CachedAnswer(
            kind: bytes[1] & Flag.stream != 0 ? .stream : .whole,
            contentType: String(decoding: bytes[Self.headBytes..<typeEnd], as: UTF8.self),
            publicModel: Array(bytes[typeEnd..<modelEnd]),
            tokens: Int(bytes.number(18..<22)),
            createdMS: bytes.number(2..<10),
            expiresMS: bytes.number(10..<18),
            body: body
        )
    }
}

extension EntrySeal {
    private func code(_ name: CacheKey, _ bytes: RawSpan) -> [UInt8] {
        let name = name.bytes
        return key.code(name.rawSpan, bytes)
    }
}

extension [UInt8] {
    /// Adds a number's last `count` bytes, the highest one first.
    mutating func append(_ number: UInt64, count: Int) {
        unsafe Swift.withUnsafeBytes(of: number.bigEndian) { all in
            unsafe append(contentsOf: UnsafeRawBufferPointer(rebasing: all.suffix(count)))
        }
    }

    fileprivate func number(_ range: Range<Int>) -> UInt64 {
        self[range].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
