/// Percent-encoding as AWS wants it (RFC 3986 §2): everything but unreserved characters becomes
/// `%XX` in upper case.
enum PercentEncoding {
    /// Appends one byte, encoded unless it is unreserved.
    static func append(_ byte: UInt8, to text: inout [UInt8]) {
        guard !isUnreserved(byte) else { return text.append(byte) }
        text.append(UInt8(ascii: "%"))
        text.append(digit(byte >> 4))
        text.append(digit(byte & 15))
    }

    /// One segment of a path: a slash in it is encoded, too.
    static func segment(_ segment: String) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(segment.utf8.count + 16)
        for byte in segment.utf8 { append(byte, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends a piece of a query in the one form that AWS compares: what need not be encoded is
    /// not, and the rest is.
    static func appendNormalized(_ piece: some Collection<UInt8>, to text: inout [UInt8]) {
        var rest = piece[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(value),
                let low = rest.dropFirst().first.flatMap(value)
            {
                rest = rest.dropFirst(2)
                append(high << 4 | low, to: &text)
            } else {
                append(byte, to: &text)
            }
        }
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
