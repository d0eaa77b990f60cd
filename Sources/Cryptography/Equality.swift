internal import COpenSSL

/// Whether two byte strings are equal, in a time that tells nothing of where they differ. Their
/// lengths are not hidden.
package func isEqualInConstantTime(_ left: RawSpan, _ right: RawSpan) -> Bool {
    guard left.byteCount == right.byteCount else { return false }
    return unsafe left.withUnsafeBytes { left in
        unsafe right.withUnsafeBytes { right in
            unsafe CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
        }
    }
}

/// Whether two byte strings are equal, in a time that tells nothing of where they differ.
package func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    unsafe isEqualInConstantTime(left.span.bytes, right.span.bytes)
}
