internal import CZLib

/// CRC-32 with the polynomial of Ethernet and gzip: finds accidents, without any secrecy.
package enum CRC32 {
    /// The checksum of some bytes.
    ///
    /// - Parameter checksum: that of the bytes before them; 0 when there are none.
    package static func checksum(_ bytes: RawSpan, after checksum: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe sg_crc32(checksum, buffer.baseAddress, buffer.count)
        }
    }
}
