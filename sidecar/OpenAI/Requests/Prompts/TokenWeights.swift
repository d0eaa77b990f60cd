internal import JSON

/// What text weighs in tokens, in 1,024ths.
///
/// A tokenizer is not run, since each model has its own and all of them cost more than the gateway
/// does; the sum of a weight for each byte, and one for each change between words, digits and
/// punctuation, comes close to `cl100k_base`. The weights are a least-squares fit over 2.5 MB:
/// manual pages and Vim's tutor in 17 languages, documentation, licences, Swift, Python, C,
/// JavaScript, JSON and YAML. For each of these the sum is within 20 % of the true count, mostly
/// within 10 %.
enum TokenWeights {
    /// The weight of one token.
    static let one = 1024

    /// What the text of a JSON string weighs, escapes included.
    static func weight(of body: RawSpan, _ range: Range<Int>) -> Int {
        precondition(range.lowerBound >= 0 && range.upperBound <= body.byteCount, "no such text")
        return unsafe body.withUnsafeBytes { bytes in
            unsafe table.withUnsafeBufferPointer { table in
                unsafe weight(UnsafeRawBufferPointer(rebasing: bytes[range]), table)
            }
        }
    }

    private static func weight(
        _ text: UnsafeRawBufferPointer,
        _ table: UnsafeBufferPointer<UInt32>
    ) -> Int {
        var sum: UInt64 = 0
        var previous = unsafe table[0x20]
        var position = 0
        while position < text.count {
            var byte = unsafe text[position]
            position += 1
            if byte == UInt8(ascii: "\\") {
                unsafe (byte, position) = escaped(text, position)
            }
            let entry = unsafe table[Int(byte)]
            sum &+= UInt64(entry & 0xFFFF)
            // The first byte of a word, a number, a run of punctuation.
            if (entry ^ previous) >> 28 != 0 { sum &+= UInt64(entry >> 16 & 0xFFF) }
            previous = entry
        }
        return Int(sum)
    }

    /// A byte that weighs as what an escape stands for, and the place after the escape.
    private static func escaped(
        _ text: UnsafeRawBufferPointer,
        _ position: Int
    ) -> (byte: UInt8, next: Int) {
        guard position < text.count else { return (UInt8(ascii: "\\"), position) }
        let letter = unsafe text[position]
        switch letter {
        case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "r"), UInt8(ascii: "b"),
            UInt8(ascii: "f"):
            return (0x0A, position + 1)
        case UInt8(ascii: "u") where position + 4 < text.count:
            var unit: UInt16 = 0
            for place in 1...4 { unsafe unit = unit << 4 | hex(text[position + place]) }
            return (leadByte(unit), position + 5)
        default: return (letter, position + 1)
        }
    }

    private static func hex(_ digit: UInt8) -> UInt16 {
        UInt16(digit & 15) + (digit > UInt8(ascii: "9") ? 9 : 0)
    }

    /// The first byte of a code unit's UTF-8. The second half of a surrogate pair is weighed with
    /// the first.
    private static func leadByte(_ unit: UInt16) -> UInt8 {
        switch unit {
        case 0..<0x80: UInt8(unit)
        case 0x80..<0x800: 0xC0 | UInt8(unit >> 6)
        case 0xD800..<0xDC00: 0xF0
        case 0xDC00..<0xE000: 0x80
        default: 0xE0 | UInt8(unit >> 12)
        }
    }

    /// By byte: its weight, above that the weight of a beginning (bit 16), and the kind (bit 28).
    private static let table: [UInt32] = (UInt8.min...UInt8.max).map { byte in
        let (kind, begins, weight): (UInt32, UInt32, UInt32) =
            switch byte {
            case 0..<0x20: (4, 1351, 0)
            case 0x20: (0, 0, 0)
            case UInt8(ascii: "0")...UInt8(ascii: "9"): (2, 676, 348)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): (1, 660, 194)
            case UInt8(ascii: "a")...UInt8(ascii: "z"): (1, 660, 106)
            case 0..<0x80: (3, 578, 102)
            case 0x80..<0xC0: (1, 660, 0)  // what follows the first byte
            case 0xC0..<0xCC: (1, 660, 2200)  // Latin letters with accents
            case 0xD0, 0xD1: (1, 660, 408)  // Cyrillic
            case 0xD8...0xDB: (1, 660, 740)  // Arabic
            case 0xC0..<0xE0: (1, 660, 1006)  // Greek, Hebrew
            case 0xE0: (1, 660, 1080)  // Indic scripts, Thai
            case 0xE3: (1, 660, 989)  // kana
            case 0xE4...0xE9: (1, 660, 1138)  // Chinese characters
            case 0xEA...0xED: (1, 660, 1028)  // Hangul
            case 0xE0..<0xF0: (1, 660, 405)  // typographic signs
            default: (1, 660, 2560)  // emoji
            }
        return kind << 28 | begins << 16 | weight
    }
}
