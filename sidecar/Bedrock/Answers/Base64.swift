/// Standard base64 with padding (RFC 4648 §4).
extension Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    /// Appends the text for `data`.
    static func append(_ data: [UInt8], to text: inout [UInt8]) {
        let alphabet = Self.alphabet
        text.reserveCapacity(text.count + (data.count + 2) / 3 * 4)
        var index = 0
        while index < data.count {
            let rest = data.count - index
            let second = rest > 1 ? data[index + 1] : 0
            let third = rest > 2 ? data[index + 2] : 0
            let bits = UInt32(data[index]) << 16 | UInt32(second) << 8 | UInt32(third)
            text.append(alphabet[Int(bits >> 18)])
            text.append(alphabet[Int(bits >> 12 & 63)])
            text.append(rest > 1 ? alphabet[Int(bits >> 6 & 63)] : UInt8(ascii: "="))
            text.append(rest > 2 ? alphabet[Int(bits & 63)] : UInt8(ascii: "="))
            index += 3
        }
    }
}
