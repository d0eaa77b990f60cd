/// Writes scalars so that every reader, of YAML 1.1 or 1.2, takes them for exactly the text.
package enum YAMLText {
    /// The text, plain where no reader can take it for anything else, otherwise in double quotes.
    ///
    /// - Parameter inFlow: Whether it stands between brackets or braces.
    package static func scalar(_ text: String, inFlow: Bool = false) -> String {
        isPlain(text, inFlow: inFlow) ? text : "\"" + escaped(text) + "\""
    }

    /// Whether a text without quotes is read as this very string. In doubt it is not: quotes are
    /// never wrong.
    package static func isPlain(_ text: String, inFlow: Bool = false) -> Bool {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, let last = scalars.last, !startMarks.contains(first),
            first != " ", last != " ", last != ":"
        else { return false }
        var before: Unicode.Scalar = " "
        for scalar in scalars {
            guard isPrintable(scalar), scalar != "\t" else { return false }
            if before == ":", scalar == " " { return false }
            if before == " ", scalar == "#" { return false }
            if inFlow, flowMarks.contains(scalar) { return false }
            before = scalar
        }
        return !looksTyped(text)
    }

    /// The text as it stands between double quotes, without them.
    ///
    /// - Parameter keepsEdges: Whether spaces at both ends are escaped, which a line end beside
    ///   them would swallow.
    package static func escaped(_ text: String, keepsEdges: Bool = false) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            let isEdge = index == 0 || index == scalars.count - 1
            switch scalar {
            case "\"", "\\": result.append(contentsOf: ["\\", scalar])
            case "\n": result.append(contentsOf: ["\\", "n"])
            case "\r": result.append(contentsOf: ["\\", "r"])
            case "\t": result.append(contentsOf: ["\\", "t"])
            case " " where keepsEdges && isEdge: result.append(contentsOf: "\\x20".unicodeScalars)
            default:
                if isPrintable(scalar) {
                    result.append(scalar)
                } else {
                    result.append(contentsOf: numbered(scalar).unicodeScalars)
                }
            }
        }
        return String(result)
    }

    /// Whether a character may stand in a line of YAML as it is; none of YAML 1.1's line ends.
    package static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
            0x1_0000...0x10_FFFF:
            true
        default: false
        }
    }

    /// `\x07`, `\u2028`, `\U0001F600`.
    private static func numbered(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let (mark, width) = scalar.value < 0x100 ? ("x", 2) : ("u", 4)
        return "\\" + mark + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// What begins something other than a plain scalar, or does so in some reader.
    private static let startMarks: Set<Unicode.Scalar> = [
        "-", "?", ":", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", "\"", "%", "@",
        "`", "=", "<", "~",
    ]
    private static let flowMarks: Set<Unicode.Scalar> = [",", "[", "]", "{", "}", ":", "?", "#"]

    /// Whether some reader takes the text for a number, a date, a truth value or null.
    private static func looksTyped(_ text: String) -> Bool {
        if words.contains(text.lowercased()) { return true }
        if case .string = YAMLResolver.resolve(text) {} else { return true }
        // Numbers of other readers: `1e5`, `0o17`, `1_000`, `12:30`.
        guard let first = text.utf8.first, YAMLResolver.isDigit(first) || "+.".utf8.contains(first)
        else { return false }
        return text.unicodeScalars.allSatisfy { numberMarks.contains($0) }
    }

    private static let words: Set<String> = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "none",
    ]
    private static let numberMarks = Set("0123456789abcdefABCDEFxXoO_.,:+-tTzZiInN ".unicodeScalars)
}
