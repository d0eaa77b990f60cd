/// Identifiers of tool calls and names of tools in the alphabets that Converse has for them.
///
/// What fits stays. Anything else is cut, and ends in a hash of the whole, so that different ones
/// stay different and the same one is the same in each turn.
enum WireName {
    /// Converse's limit for both, in characters.
    static let lengthMax = 64

    /// For `toolUseId`: letters, digits and `_ . : -`.
    static func id(_ text: String) -> String {
        fitted(text) { isPlain($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
    }

    /// For a tool's `name`: letters, digits, `_` and `-`.
    static func tool(_ text: String) -> String { fitted(text, isPlain) }

    private static func fitted(_ text: String, _ isAllowed: (UInt8) -> Bool) -> String {
        if (1...lengthMax).contains(text.utf8.count), text.utf8.allSatisfy(isAllowed) {
            return text
        }
        var bytes = text.utf8.prefix(55).map { isAllowed($0) ? $0 : UInt8(ascii: "_") }
        bytes.append(UInt8(ascii: "_"))
        let digits = String(hash(text), radix: 16)
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 8 - digits.utf8.count))
        bytes.append(contentsOf: digits.utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// FNV-1a, 32 bits.
    private static func hash(_ text: String) -> UInt32 {
        text.utf8.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}
