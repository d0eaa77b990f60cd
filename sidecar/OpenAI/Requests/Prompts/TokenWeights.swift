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
            let text = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
            return unsafe kinds.withUnsafeBufferPointer { kinds in
                unsafe sums.withUnsafeBufferPointer { sums in unsafe weight(text, kinds, sums) }
            }
        }
    }

    private static func weight(
        _ text: UnsafeRawBufferPointer,
        _ kinds: UnsafeBufferPointer<UInt16>,
        _ sums: UnsafeBufferPointer<UInt16>
    ) -> Int {
        // Unchecked: `position` is below the count, and the tables have a place for each byte after
        // each kind.
        guard let start = text.baseAddress, let kinds = kinds.baseAddress,
            let sums = sums.baseAddress
        else { return 0 }
        var sum = 0
        var kind = 0
        var position = 0
        while position < text.count {
            var byte = unsafe start.load(fromByteOffset: position, as: UInt8.self)
            position &+= 1
            if byte == UInt8(ascii: "\\") {
                unsafe (byte, position) = escaped(text, position)
            }
            unsafe sum &+= Int(sums[kind | Int(byte)])
            unsafe kind = Int(kinds[Int(byte)])
        }
        return sum
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

    private static let kindCount = 5

    /// By byte, where in `sums` its kind begins.
    private static let kinds = (UInt8.min...UInt8.max).map { UInt16(entry($0).kind) << 8 }

    /// By the kind of the byte before and the byte: its weight, and that of a beginning where the
    /// kinds are not the same. One look-up takes half as many steps as to work that out each time.
    private static let sums = (0..<kindCount).flatMap { before in
        (UInt8.min...UInt8.max).map { byte in
            let entry = entry(byte)
            return entry.weight + (entry.kind == before ? 0 : entry.begins)
        }
    }

    /// The kind of a byte (0 is a space), what the first of its kind weighs, and what each does.
    private static func entry(_ byte: UInt8) -> (kind: Int, begins: UInt16, weight: UInt16) {
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
    }
}
