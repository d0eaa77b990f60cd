internal import COpenSSL

/// HMAC with SHA-256 (RFC 2104).
package enum HMACSHA256 {
    /// The 32-byte code of a message under a key.
    package static func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
            var written: UInt32 = 0
            // An empty key is legal, but a null pointer means "the last key" to OpenSSL.
            let key = key.isEmpty ? [0] : key
            let result = unsafe HMAC(
                EVP_sha256(),
                key,
                Int32(key.count),
                message,
                message.count,
                buffer.baseAddress,
                &written
            )
            precondition(unsafe result != nil, "OpenSSL offers no HMAC; check its providers.")
            count = Int(written)
        }
    }
}
