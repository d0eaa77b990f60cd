internal import RouteConfig

/// A value to be written as YAML, so that YAML 1.1 reads the same again.
indirect enum YAMLTree: Sendable {
    /// A number or word as it stands.
    case plain(String)
    case text(String)
    case list([YAMLTree])
    case mapping([(String, YAMLTree)])

    var isEmpty: Bool {
        switch self {
        case .plain, .text: false
        case .list(let items): items.isEmpty
        case .mapping(let members): members.isEmpty
        }
    }

    static func number(_ value: Double) -> YAMLTree {
        if let whole = Int64(exactly: value), abs(value) < 1e15 { return .plain(String(whole)) }
        return .plain(withPoint(PythonText.repr(value)))
    }

    /// To YAML 1.1 a number with an exponent is one only when it has a point too.
    static func withPoint(_ number: String) -> String {
        guard let first = number.first, first == "-" || first.isNumber, !number.contains("."),
            let exponent = number.firstIndex(where: { $0 == "e" || $0 == "E" })
        else { return number }
        return number[..<exponent] + ".0" + number[exponent...]
    }

    /// The value on one line, in flow style.
    var inline: String {
        switch self {
        case .plain(let text): text
        case .text(let text): Self.scalar(text)
        case .list(let items): "[" + items.map(\.inline).joined(separator: ", ") + "]"
        case .mapping(let members):
            "{" + members.map { Self.scalar($0.0) + ": " + $0.1.inline }.joined(separator: ", ")
                + "}"
        }
    }

    /// The value as a document, with its end of line.
    func render() -> String {
        var output = ""
        write(to: &output, indent: "", isItem: false)
        return output
    }

    /// - Parameter isItem: whether a `- ` stands before the first line.
    private func write(to output: inout String, indent: String, isItem: Bool) {
        switch self {
        case .plain(let text): output += text + "\n"
        case .text(let text): output += Self.scalar(text) + "\n"
        case .list(let items):
            if items.isEmpty { output += "[]\n" }
            for (place, item) in items.enumerated() {
                output += (place == 0 && isItem ? "" : indent) + "- "
                item.write(to: &output, indent: indent + "  ", isItem: true)
            }
        case .mapping(let members):
            if members.isEmpty { output += "{}\n" }
            for (place, (name, value)) in members.enumerated() {
                output +=
                    (place == 0 && isItem ? "" : indent) + Self.key(name, indent: indent) + ":"
                value.write(below: &output, indent: indent)
            }
        }
    }

    private func write(below output: inout String, indent: String) {
        switch self {
        case .plain, .text:
            output += " "
            write(to: &output, indent: indent, isItem: false)
        case .list, .mapping:
            output += isEmpty ? " " : "\n"
            write(to: &output, indent: indent + "  ", isItem: false)
        }
    }

    /// YAML takes no longer key than 1,024 characters unless a question mark announces it.
    private static let simpleKeyMax = 512

    private static func key(_ name: String, indent: String) -> String {
        let text = scalar(name)
        return text.utf8.count > simpleKeyMax ? "? \(text)\n\(indent)" : text
    }

    /// A string, in quotes where it might be read as something else.
    static func scalar(_ text: String) -> String {
        let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        let isPlain =
            text.unicodeScalars.allSatisfy { scalar in
                ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
                    || ("0"..."9").contains(scalar) || "_-./".unicodeScalars.contains(scalar)
            } && text.first.map { $0.isLetter || $0 == "/" } ?? false
            && !words.contains(text.lowercased())
        return isPlain ? text : quoted(text)
    }

    /// In double quotes, with escapes for all that YAML would fold, refuse or not show.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\u{20}"..."\u{7E}": result.unicodeScalars.append(scalar)
            case _ where scalar.properties.isAlphabetic:
                result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                let width = scalar.value > 0xFFFF ? 8 : 4
                let zeros = String(repeating: "0", count: width - digits.count)
                result += (width == 8 ? "\\U" : "\\u") + zeros + digits
            }
        }
        return result + "\""
    }
}
