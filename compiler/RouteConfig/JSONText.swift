internal import RouteTable
internal import YAML

/// Writes JSON text from the values of a configuration.
package enum JSONText {
    /// A JSON string with its quotes.
    package static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        let hex = Array("0123456789abcdef".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += Array(#"\""#.utf8)
            case UInt8(ascii: "\\"): bytes += Array(#"\\"#.utf8)
            case UInt8(ascii: "\n"): bytes += Array(#"\n"#.utf8)
            case UInt8(ascii: "\r"): bytes += Array(#"\r"#.utf8)
            case UInt8(ascii: "\t"): bytes += Array(#"\t"#.utf8)
            case 0..<0x20, 0x7F:
                bytes += Array(#"\u00"#.utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text of a JSON string as `quoted` writes it; escapes of others stand for their letter.
    package static func unquoted(_ json: String) -> String {
        var bytes: [UInt8] = []
        var rest = json.utf8.dropFirst().dropLast()[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch escape {
            case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "t"): bytes.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "u"):
                let digits = String(decoding: rest.prefix(4), as: UTF8.self)
                bytes +=
                    UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
                    .map { Array(String(Character($0)).utf8) } ?? []
                rest = rest.dropFirst(4)
            default: bytes.append(escape)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// JSON text in pieces, for `ParameterValue.json`: literals as they stand, references as whole
/// string values, secrets apart so that they are not printed.
struct JSONPieces {
    private(set) var pieces: [Text] = []
    private var isFirst = true

    /// `{…}`, `[…]` or a scalar.
    static func value(_ node: YAMLNode, _ name: String = "") -> [Text] {
        var builder = JSONPieces()
        builder.append(node, isSecret: SecretMask.isSecretName(name))
        return builder.pieces
    }

    /// Adds `"name":value`, with a comma before all but the first.
    mutating func addMember(_ name: String, _ node: YAMLNode) {
        addMember(name) { builder in
            builder.append(node, isSecret: SecretMask.isSecretName(name))
        }
    }

    /// Adds a member whose value is a text.
    mutating func addMember(_ name: String, text: Text) {
        addMember(name) { $0.append(text) }
    }

    /// Adds a member whose value is JSON already.
    mutating func addMember(_ name: String, json pieces: [Text]) {
        addMember(name) { builder in
            for piece in pieces { builder.add(piece) }
        }
    }

    /// Adds a member whose value is a number.
    mutating func addMember(_ name: String, number: Double) {
        let whole = Int64(exactly: number)
        addMember(name) { $0.literal(whole.map(String.init) ?? PythonText.repr(number)) }
    }

    private mutating func addMember(_ name: String, _ value: (inout JSONPieces) -> Void) {
        literal((isFirst ? "" : ",") + JSONText.quoted(name) + ":")
        isFirst = false
        value(&self)
    }

    /// The members with braces around them.
    func object() -> [Text] {
        var builder = JSONPieces()
        builder.literal("{")
        for piece in pieces { builder.add(piece) }
        builder.literal("}")
        return builder.pieces
    }

    /// Pieces with neighbouring literals as one, as they are where all is written at once.
    static func joined(_ pieces: [Text]) -> [Text] {
        var builder = JSONPieces()
        for piece in pieces { builder.add(piece) }
        return builder.pieces
    }

    private mutating func append(_ text: Text) {
        switch text {
        case .literal(let value): literal(JSONText.quoted(value))
        case .secret(let value): pieces.append(.secret(JSONText.quoted(value)))
        case .reference: pieces.append(text)
        }
    }

    private mutating func add(_ piece: Text) {
        if case .literal(let text) = piece { literal(text) } else { pieces.append(piece) }
    }

    private mutating func append(_ node: YAMLNode, isSecret: Bool) {
        switch node.content {
        case .sequence(let items):
            literal("[")
            for (index, item) in items.enumerated() {
                if index > 0 { literal(",") }
                append(item, isSecret: isSecret)
            }
            literal("]")
        case .mapping(let entries):
            literal("{")
            for (index, entry) in entries.enumerated() {
                literal((index > 0 ? "," : "") + JSONText.quoted(entry.key.text) + ":")
                append(entry.value, isSecret: SecretMask.isSecretName(entry.key.text))
            }
            literal("}")
        case .scalar(let scalar):
            append(scalar, isSecret: isSecret)
        }
    }

    private mutating func append(_ scalar: YAMLScalar, isSecret: Bool) {
        switch scalar.value {
        case .null: literal("null")
        case .bool(let bool): literal(bool ? "true" : "false")
        case .integer(let integer): literal(String(integer))
        case .bigInteger(let digits): literal(digits)
        case .float(let double): literal(double.isFinite ? PythonText.repr(double) : "null")
        case .timestamp(let text): literal(JSONText.quoted(text))
        case .string(let text):
            if let reference = Reference(text, isSecret: isSecret) {
                pieces.append(.reference(reference))
            } else if isSecret, !text.isEmpty {
                pieces.append(.secret(JSONText.quoted(text)))
            } else {
                literal(JSONText.quoted(text))
            }
        }
    }

    private mutating func literal(_ text: String) {
        if case .literal(let last)? = pieces.last {
            pieces[pieces.count - 1] = .literal(last + text)
        } else {
            pieces.append(.literal(text))
        }
    }
}

extension Reference {
    /// `os.environ/NAME` or `file:/path`, where it is the whole value; nil otherwise.
    init?(_ text: String, isSecret: Bool) {
        if text.hasPrefix("os.environ/"), text.count > 11 {
            self.init(kind: .environment, name: String(text.dropFirst(11)), isSecret: isSecret)
        } else if text.hasPrefix("file:/") {
            var path = text.dropFirst(5)
            while path.hasPrefix("//") { path = path.dropFirst() }
            self.init(kind: .file, name: String(path), isSecret: isSecret)
        } else {
            return nil
        }
    }
}
