internal import COpenSSL

/// A key for HMAC with SHA-256 (RFC 2104) that is used again and again: what depends on it alone is
/// worked out once. Shared by all threads and never changed.
///
/// Unchecked because the compiler cannot see that both digests are only ever copied from.
@safe
package final class HMACKey: @unchecked Sendable {
    /// Digests that have taken in one block each: the key, masked (RFC 2104 §2).
    private let inner: OpaquePointer
    private let outer: OpaquePointer

    private static let blockBytes = 64

    /// - Parameter key: of any length.
    package init(_ key: [UInt8]) {
        let short = key.count > Self.blockBytes ? SHA256.hash(key) : key
        let block = short + Array(repeating: 0, count: Self.blockBytes - short.count)
        unsafe inner = SHA256.begun(with: block.map { $0 ^ 0x36 })
        unsafe outer = SHA256.begun(with: block.map { $0 ^ 0x5C })
    }

    deinit {
        unsafe EVP_MD_CTX_free(inner)
        unsafe EVP_MD_CTX_free(outer)
    }

    /// The 32-byte code of a message.
    package func code(_ message: [UInt8]) -> [UInt8] {
        var digest = unsafe SHA256(copying: inner)
        unsafe digest.update(message.span.bytes)
        return code(of: digest.finish())
    }

    /// The 32-byte code of a message that is given in two parts.
    package func code(_ first: RawSpan, _ second: RawSpan) -> [UInt8] {
        var digest = unsafe SHA256(copying: inner)
        digest.update(first)
        digest.update(second)
        return code(of: digest.finish())
    }

    private func code(of hash: [UInt8]) -> [UInt8] {
        var code = unsafe SHA256(copying: outer)
        unsafe code.update(hash.span.bytes)
        return code.finish()
    }
}
