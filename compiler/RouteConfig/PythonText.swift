package import YAML

/// Values as Python prints them: LiteLLM's default deployment identifiers are a digest over these
/// texts (LiteLLM §1.4), so they must agree to the byte.
package enum PythonText {
    /// `str(value)`, with mappings as `json.dumps` writes them.
    package static func str(_ node: YAMLNode) -> String {
        switch node.content {
        case .scalar(let scalar):
            if case .string(let text) = scalar.value { return text }
            return repr(scalar)
        case .mapping: return json(node)
        case .sequence(let items): return "[" + items.map(repr).joined(separator: ", ") + "]"
        }
    }

    /// `repr(value)`.
    private static func repr(_ node: YAMLNode) -> String {
        switch node.content {
        case .scalar(let scalar): return repr(scalar)
        case .sequence(let items): return "[" + items.map(repr).joined(separator: ", ") + "]"
        case .mapping(let entries):
            let members = entries.map { repr($0.key) + ": " + repr($0.value) }
            return "{" + members.joined(separator: ", ") + "}"
        }
    }

    private static func repr(_ scalar: YAMLScalar) -> String {
        switch scalar.value {
        case .null: "None"
        case .bool(let bool): bool ? "True" : "False"
        case .integer(let integer): String(integer)
        case .bigInteger(let digits): digits
        case .float(let double): repr(double)
        case .timestamp(let text): text
        case .string(let text): quoted(text)
        }
    }

    /// Python's shortest text for a float: an exponent below 1e-4 and from 1e16 on.
    package static func repr(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
        let (digits, exponent) = decimal(value.magnitude)
        let sign = value < 0 ? "-" : ""
        if exponent < -4 || exponent >= 16 {
            let head = String(digits.prefix(1))
            let tail = digits.dropFirst().isEmpty ? "" : "." + digits.dropFirst()
            let power = String(exponent.magnitude)
            let padded = power.count < 2 ? "0" + power : power
            return sign + head + tail + "e" + (exponent < 0 ? "-" : "+") + padded
        }
        if exponent < 0 {
            return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
        }
        let whole = exponent + 1
        if digits.count <= whole {
            return sign + digits + String(repeating: "0", count: whole - digits.count) + ".0"
        }
        return sign + digits.prefix(whole) + "." + digits.dropFirst(whole)
    }

    /// The shortest digits that give the value back, and the power of ten of the first one.
    private static func decimal(_ value: Double) -> (digits: String, exponent: Int) {
        let parts = value.description.split(separator: "e")
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts.first ?? "0"
        let pieces = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let whole = pieces.first ?? "0"
        var digits = String(whole) + (pieces.count > 1 ? String(pieces[1]) : "")
        exponent += whole.count - 1
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return (digits, exponent)
    }

    /// Single quotes, unless the text holds one and no double quote.
    private static func quoted(_ text: String) -> String {
        let quote = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var result = quote
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "'" where quote == "'": result += "\\'"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + quote
    }

    /// `json.dumps(value)`: a space after `,` and `:`, and ASCII only.
    private static func json(_ node: YAMLNode) -> String {
        switch node.content {
        case .sequence(let items):
            return "[" + items.map(json).joined(separator: ", ") + "]"
        case .mapping(let entries):
            let members = entries.map { ascii(jsonKey($0.key)) + ": " + json($0.value) }
            return "{" + members.joined(separator: ", ") + "}"
        case .scalar(let scalar):
            switch scalar.value {
            case .null: return "null"
            case .bool(let bool): return bool ? "true" : "false"
            case .string(let text), .timestamp(let text): return ascii(text)
            case .integer, .bigInteger, .float: return repr(scalar)
            }
        }
    }

    private static func jsonKey(_ key: YAMLScalar) -> String {
        switch key.value {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .string(let text), .timestamp(let text): text
        case .integer, .bigInteger, .float: repr(key)
        }
    }

    private static func ascii(_ text: String) -> String {
        var result = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            case 0x08: result += "\\b"
            case 0x0C: result += "\\f"
            case 0x20...0x7E: result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let hex = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            }
        }
        return result + "\""
    }
}
