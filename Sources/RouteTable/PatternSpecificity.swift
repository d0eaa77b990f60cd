/// How specific a wildcard pattern is: patterns are tried in descending order of it.
///
/// LiteLLM §1.4 sorts by the regular expression that it makes of a pattern: first by its length,
/// then by its count of special characters. There each `*` becomes `(.*)`, and characters that
/// mean something in an expression get a backslash. Equal ones are ordered by name, so that the
/// order does not hang on the configuration's.
struct PatternSpecificity: Comparable {
    private let length: Int
    private let specialCount: Int

    init(_ pattern: Span<UInt8>) {
        var length = 0
        var specialCount = 0
        for index in pattern.indices {
            let byte = pattern[index]
            // Continuation bytes of UTF-8: lengths count characters.
            if byte & 0xC0 == 0x80 { continue }
            if byte == UInt8(ascii: "*") {
                length += 4
                specialCount += 3
            } else if Self.isEscaped(byte) {
                length += 2
                specialCount += Self.isSpecial(byte) ? 2 : 1
            } else {
                length += 1
            }
        }
        self.length = length
        self.specialCount = specialCount
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.length, left.specialCount) < (right.length, right.specialCount)
    }

    /// What Python's `re.escape` puts a backslash before.
    private static func isEscaped(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\t")...UInt8(ascii: "\r"), UInt8(ascii: " "), UInt8(ascii: "#"),
            UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "?"),
            UInt8(ascii: "["), UInt8(ascii: "\\"), UInt8(ascii: "]"), UInt8(ascii: "^"),
            UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// What LiteLLM counts as special, besides the backslash.
    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
            UInt8(ascii: "$"), UInt8(ascii: "|"), UInt8(ascii: "("), UInt8(ascii: ")"):
            true
        default: false
        }
    }

    /// Whether a pattern comes before another: the more specific first, then by name.
    static func precedes(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        let (first, second) = (Self(left), Self(right))
        return first == second ? left.compare(right) < 0 : first > second
    }
}
