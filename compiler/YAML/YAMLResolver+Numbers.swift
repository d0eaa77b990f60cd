/// Numbers of YAML 1.1 as PyYAML reads them: octal by a leading zero, `_` between digits, base 60
/// with colons, and floats only with a dot (`1e5` is a string).
extension YAMLResolver {
    /// Python converts no more digits than this either.
    private static let digitsMax = 4300

    /// What nearly all numbers are: a few decimal digits and nothing else.
    static func shortInteger(_ text: String) -> Int64? {
        guard text.utf8.count <= 18, text.utf8.first != UInt8(ascii: "0") else { return nil }
        var value: Int64 = 0
        for byte in text.utf8 {
            guard isDigit(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    static func integer(_ text: String) -> YAMLValue? {
        var digits = Array(text.utf8)[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard let first = digits.first else { return nil }
        if first == UInt8(ascii: "0"), digits.count > 1 {
            let marker = digits[digits.startIndex + 1]
            if marker == UInt8(ascii: "b") {
                return number(digits.dropFirst(2), radix: 2, isNegative)
            }
            if marker == UInt8(ascii: "x") {
                return number(digits.dropFirst(2), radix: 16, isNegative)
            }
            return number(digits.dropFirst(), radix: 8, isNegative, allowsNone: true)
        }
        if first == UInt8(ascii: "0") { return .integer(0) }
        guard isDigit(first) else { return nil }
        let parts = digits.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count > 1 else { return number(digits, radix: 10, isNegative) }
        guard let values = base60(parts) else { return nil }
        var total = BigDecimal()
        for value in values {
            total.multiply(by: 60, adding: value)
        }
        return total.value(isNegative)
    }

    static func float(_ text: String) -> Double? {
        guard text.utf8.contains(UInt8(ascii: ".")) else { return nil }
        switch text {
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .infinity
        case "-.inf", "-.Inf", "-.INF": return -.infinity
        case ".nan", ".NaN", ".NAN": return .nan
        default: break
        }
        let bytes = Array(text.utf8)
        guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        if bytes[..<dot].contains(UInt8(ascii: ":")) { return base60Float(bytes, dot: dot) }
        guard isFloat(bytes, dot: dot) else { return nil }
        return Double(String(decoding: bytes.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self))
    }

    /// `[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?` or `\.[0-9][0-9_]*([eE][-+][0-9]+)?`.
    private static func isFloat(_ bytes: [UInt8], dot: Int) -> Bool {
        var whole = bytes[..<dot]
        if whole.first == UInt8(ascii: "-") || whole.first == UInt8(ascii: "+") {
            whole = whole.dropFirst()
            if whole.isEmpty { return false }
        }
        var fraction = bytes[(dot + 1)...]
        if let mark = fraction.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            let exponent = fraction[(mark + 1)...]
            guard exponent.first == UInt8(ascii: "-") || exponent.first == UInt8(ascii: "+"),
                exponent.count > 1, exponent.dropFirst().allSatisfy(isDigit)
            else { return false }
            fraction = fraction[..<mark]
        }
        guard fraction.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }) else { return false }
        guard let first = whole.first else { return fraction.first.map(isDigit) ?? false }
        return isDigit(first) && whole.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    /// `1:30.5` is 90.5.
    private static func base60Float(_ bytes: [UInt8], dot: Int) -> Double? {
        var whole = bytes[..<dot]
        let isNegative = whole.first == UInt8(ascii: "-")
        if isNegative || whole.first == UInt8(ascii: "+") { whole = whole.dropFirst() }
        let fraction = bytes[(dot + 1)...]
        guard fraction.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }),
            let first = whole.first, isDigit(first),
            let values = base60(
                whole.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            )
        else { return nil }
        let part = String(decoding: fraction.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        guard let last = values.last, let least = Double("\(last).\(part)0") else { return nil }
        // The least digit with its fraction first, as PyYAML sums, so that rounding agrees.
        var total = least
        var base = 60.0
        for value in values.dropLast().reversed() {
            total += Double(value) * base
            base *= 60
        }
        return isNegative ? -total : total
    }

    /// The digits of base 60: any number first, then 0 to 59 each.
    private static func base60(_ parts: [ArraySlice<UInt8>]) -> [UInt64]? {
        var values: [UInt64] = []
        for (index, part) in parts.enumerated() {
            let digits = index == 0 ? part.filter { $0 != UInt8(ascii: "_") } : Array(part)
            guard !digits.isEmpty, digits.count <= 15, digits.allSatisfy(isDigit),
                let value = UInt64(String(decoding: digits, as: UTF8.self))
            else { return nil }
            if index > 0, digits.count > 2 || value > 59 { return nil }
            values.append(value)
        }
        return values
    }

    private static func number(
        _ digits: ArraySlice<UInt8>,
        radix: UInt64,
        _ isNegative: Bool,
        allowsNone: Bool = false
    ) -> YAMLValue? {
        guard digits.count <= digitsMax else { return nil }
        var total = BigDecimal()
        var isEmpty = true
        // Several digits at once, as many as a step has room for.
        var (factor, term): (UInt64, UInt64) = (1, 0)
        for byte in digits where byte != UInt8(ascii: "_") {
            guard let digit = hexValue(byte), digit < radix else { return nil }
            (factor, term) = (factor * radix, term * radix + digit)
            isEmpty = false
            if factor >= 100_000_000 {
                total.multiply(by: factor, adding: term)
                (factor, term) = (1, 0)
            }
        }
        total.multiply(by: factor, adding: term)
        return isEmpty && !allowsNone ? nil : total.value(isNegative)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func hexValue(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

/// A whole number of any size, enough to print what does not fit 64 bits as Python would.
private struct BigDecimal {
    /// Groups of nine decimal digits, least first.
    private var groups: [UInt64] = [0]

    /// - Parameter factor: Below 10^10, as the term.
    mutating func multiply(by factor: UInt64, adding term: UInt64) {
        var carry = term
        for index in groups.indices {
            let value = groups[index] * factor + carry
            groups[index] = value % 1_000_000_000
            carry = value / 1_000_000_000
        }
        while carry > 0 {
            groups.append(carry % 1_000_000_000)
            carry /= 1_000_000_000
        }
    }

    func value(_ isNegative: Bool) -> YAMLValue {
        var text = isNegative ? "-" : ""
        for (index, group) in groups.reversed().enumerated() {
            let digits = String(group)
            if index > 0 { text += String(repeating: "0", count: 9 - digits.count) }
            text += digits
        }
        return Int64(text).map { .integer($0) } ?? .bigInteger(text)
    }
}
