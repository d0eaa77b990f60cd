internal import COpenSSL

/// SHA-256 (FIPS 180-4), in one go or piece by piece.
@safe
package struct SHA256: ~Copyable {
    /// 32.
    package static let byteCount = 32

    private let context: OpaquePointer

    /// Looked up once: with `EVP_sha256()`, OpenSSL looks for it among its providers each time.
    /// Shared by all threads and never changed; nil when there is none.
    nonisolated(unsafe) private static let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil)

    /// A digest of nothing yet.
    package init() {
        guard let context = unsafe EVP_MD_CTX_new() else {
            preconditionFailure("OpenSSL has no memory for a digest; give the process more.")
        }
        unsafe self.context = context
        let isReady = unsafe EVP_DigestInit_ex(context, Self.algorithm, nil) == 1
        precondition(isReady, "OpenSSL offers no SHA-256; check its providers (openssl.cnf).")
    }

    /// A digest that goes on from where another one is.
    init(copying other: OpaquePointer) {
        guard let context = unsafe EVP_MD_CTX_new(),
            unsafe EVP_MD_CTX_copy_ex(context, other) == 1
        else {
            preconditionFailure("OpenSSL has no memory for a digest; give the process more.")
        }
        unsafe self.context = context
    }

    /// A digest to copy from; the caller frees it.
    static func begun(with bytes: [UInt8]) -> OpaquePointer {
        guard let context = unsafe EVP_MD_CTX_new() else {
            preconditionFailure("OpenSSL has no memory for a digest; give the process more.")
        }
        let isReady = unsafe EVP_DigestInit_ex(context, algorithm, nil) == 1
        precondition(isReady, "OpenSSL offers no SHA-256; check its providers (openssl.cnf).")
        _ = unsafe EVP_DigestUpdate(context, bytes, bytes.count)
        return unsafe context
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// Takes in more bytes.
    package mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { buffer in
            _ = unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
        }
    }

    /// The digest of all bytes taken in: 32 bytes.
    package consuming func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            var written: UInt32 = 0
            _ = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, &written)
            count = Int(written)
        }
    }

    /// The digest of some bytes: 32 bytes.
    package static func hash(_ bytes: RawSpan) -> [UInt8] {
        var digest = SHA256()
        digest.update(bytes)
        return digest.finish()
    }

    /// The digest of some bytes: 32 bytes.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        unsafe hash(bytes.span.bytes)
    }

    /// The digest of a text's UTF-8 bytes.
    package static func hash(_ text: String) -> [UInt8] {
        unsafe hash(text.utf8Span.span.bytes)
    }
}
