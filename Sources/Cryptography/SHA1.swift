internal import COpenSSL

/// SHA-1 (FIPS 180-4). Not for security: Redis names scripts by it.
package enum SHA1 {
    /// 20.
    package static let byteCount = 20

    /// The digest of a text's UTF-8 bytes: 20 bytes.
    package static func hash(_ text: String) -> [UInt8] {
        unsafe text.utf8Span.span.bytes.withUnsafeBytes { input in
            unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
                var written: UInt32 = 0
                let isDone = unsafe EVP_Digest(
                    input.baseAddress,
                    input.count,
                    buffer.baseAddress,
                    &written,
                    EVP_sha1(),
                    nil
                )
                precondition(isDone == 1, "OpenSSL offers no SHA-1; check its providers.")
                count = Int(written)
            }
        }
    }
}
