internal import Cryptography
internal import JSON

/// The name of an entry: the SHA-256 of everything that must be equal for two requests to share it.
package struct CacheKey: Hashable, Sendable {
    private let words: InlineWords

    /// Four words instead of an array, so that a key needs no allocation.
    private struct InlineWords: Hashable, Sendable {
        var first: UInt64
        var second: UInt64
        var third: UInt64
        var fourth: UInt64
    }

    /// - Parameter bytes: 32 of them.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == SHA256.byteCount else { return nil }
        let span = bytes.rawSpan
        words = InlineWords(
            first: span.bigEndian(0..<8),
            second: span.bigEndian(8..<16),
            third: span.bigEndian(16..<24),
            fourth: span.bigEndian(24..<32)
        )
    }

    /// The key that 64 hexadecimal digits are; nil for anything else.
    package init?(hex text: String) {
        guard text.utf8.count == SHA256.byteCount * 2, let bytes = Hex.decode(text) else {
            return nil
        }
        self.init(bytes)
    }

    /// 32 bytes.
    package var bytes: [UInt8] {
        let ordered = InlineWords(
            first: words.first.bigEndian,
            second: words.second.bigEndian,
            third: words.third.bigEndian,
            fourth: words.fourth.bigEndian
        )
        return unsafe withUnsafeBytes(of: ordered) { unsafe [UInt8]($0) }
    }

    /// 64 digits in lower case, as `x-litellm-cache-key` shows it.
    package var hex: String { Hex.encode(bytes) }

    /// One word is as random as four.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.first)
    }
}

/// Puts a key together, part by part. Each part has its kind and its length before it: no two
/// different lists of parts are the same bytes.
package struct CacheKeyBuilder {
    private var canonical = CanonicalJSON()
    private var isValid = true

    /// A key without a part. `format` changes when what is hashed does.
    package init(format: UInt8 = 1) {
        canonical.append(text: [format])
    }

    /// Makes room for so many bytes more, so that adding them moves nothing.
    package mutating func reserve(_ count: Int) {
        canonical.reserve(count)
    }

    /// Adds a text.
    package mutating func add(_ text: String) {
        canonical.append(text: text)
    }

    /// Adds bytes.
    package mutating func add(_ bytes: [UInt8]) {
        canonical.append(text: bytes)
    }

    /// Adds a list of texts, in order.
    package mutating func add(_ list: [String]) {
        add(String(list.count))
        for text in list { add(text) }
    }

    /// Adds members of a JSON object that a `JSONScanner` found to be well formed, whatever their
    /// order. Ranges of keys and of values have their quotes.
    package mutating func add(
        members: [(key: Range<Int>, value: Range<Int>)],
        of document: RawSpan
    ) {
        if !canonical.append(members: members, of: document) { isValid = false }
    }

    /// The key; nil when a part has no canonical form: its request shares nothing with any other.
    package func key() -> CacheKey? {
        isValid ? CacheKey(SHA256.hash(canonical.bytes)) : nil
    }
}
