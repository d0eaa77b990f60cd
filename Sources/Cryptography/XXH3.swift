internal import CXXHash

/// XXH3 with 64 bits and seed 0: a fast hash for look-ups, without any secrecy.
package enum XXH3 {
    /// The hash of some bytes.
    package static func hash64(_ bytes: RawSpan) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe sg_xxh3_64($0.baseAddress, $0.count) }
    }

    /// The hash of a text's UTF-8 bytes.
    package static func hash64(_ text: String) -> UInt64 {
        unsafe hash64(text.utf8Span.span.bytes)
    }
}
