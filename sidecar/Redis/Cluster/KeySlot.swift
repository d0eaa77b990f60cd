/// The slot of a cluster that a key belongs to: CRC-16/XMODEM of the key, or of its hash tag,
/// modulo 16,384 (Redis Cluster specification).
package enum KeySlot {
    /// 16,384.
    package static let count = 16_384

    /// The slot of a key.
    package static func of(_ key: ArraySlice<UInt8>) -> Int {
        var crc: UInt16 = 0
        for byte in hashed(key) {
            crc = crc << 8 ^ table[Int(UInt8(crc >> 8) ^ byte)]
        }
        return Int(crc) % count
    }

    /// The slot of a key.
    package static func of(_ key: String) -> Int { of(ArraySlice(key.utf8)) }

    /// What is between the first `{` and the first `}` behind it, unless that is nothing.
    private static func hashed(_ key: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key }
        let rest = key[(open + 1)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > rest.startIndex else {
            return key
        }
        return rest[..<close]
    }

    /// Of the polynomial 0x1021.
    private static let table: [UInt16] = (0..<256).map { byte in
        var crc = UInt16(byte) << 8
        for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        return crc
    }
}
