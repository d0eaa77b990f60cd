internal import CZstd

/// Compression in one go (RFC 8878).
enum Zstandard {
    /// The bytes as a frame; nil when that would not be smaller.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        let frame = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, count in
            count = unsafe sg_zstd_compress(
                buffer.baseAddress,
                bytes.count,
                bytes,
                bytes.count
            )
        }
        return frame.isEmpty || frame.count >= bytes.count ? nil : frame
    }

    /// The `count` bytes that a frame holds; nil when it holds more, fewer or none. No more memory
    /// than that is taken, whatever the frame claims.
    static func expand(_ frame: [UInt8], count: Int) -> [UInt8]? {
        var isWhole = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, filled in
            isWhole = unsafe sg_zstd_expand(buffer.baseAddress, count, frame, frame.count) != 0
            filled = isWhole ? count : 0
        }
        return isWhole ? bytes : nil
    }
}
