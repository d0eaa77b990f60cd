internal import RouteConfig
internal import RouteTable

/// Values of a table as the configuration writes them.
struct ParameterYAML {
    /// Whether secrets are written, and not `***`.
    let revealsSecrets: Bool

    func text(_ text: Text) -> YAMLTree { .text(string(text)) }

    /// A reference as it is written, a secret or `***`.
    func string(_ text: Text) -> String {
        switch text {
        case .literal(let value): value
        case .secret(let value): revealsSecrets ? value : "***"
        case .reference(let reference): reference.description
        }
    }

    /// A value in the form and unit of the configuration; nil when the form has no such value.
    func value(_ value: ParameterValue, _ form: KnownKey.Form) -> YAMLTree? {
        switch (value, form) {
        case (.bool(let bool), _): return .plain(bool ? "true" : "false")
        case (.integer(let number), _): return Self.number(number, form.scalar)
        case (.number(let number), _): return .number(number)
        case (.text(let text), _): return self.text(text)
        case (.list(let list), .pairs), (.list(let list), .counts): return pairs(list, form)
        case (.list(let list), _): return .list(list.map(text))
        case (.json(let pieces), .members): return .mapping(members(pieces))
        case (.json(let pieces), _): return json(pieces)
        case (.digest, _): return nil
        }
    }

    /// A whole number in the unit of the configuration, such that the same number comes of it.
    private static func number(_ stored: Int64, _ form: ScalarForm?) -> YAMLTree {
        guard case .scaled(let factor)? = form else { return .plain(String(stored)) }
        let near = Double(stored) / factor
        let candidates = [near, near.nextUp, near.nextDown]
        let exact = candidates.first { Int64(exactly: ($0 * factor).rounded()) == stored }
        return .number(exact ?? near)
    }

    private func pairs(_ list: [Text], _ form: KnownKey.Form) -> YAMLTree {
        var members: [(String, YAMLTree)] = []
        for place in stride(from: 0, to: list.count - 1, by: 2) {
            let value = string(list[place + 1])
            let isCount = if case .counts = form { true } else { false }
            members.append((string(list[place]), isCount ? .plain(value) : .text(value)))
        }
        return .mapping(members)
    }

    // MARK: JSON

    /// A JSON value of pieces.
    func json(_ pieces: [Text]) -> YAMLTree {
        var reader = JSONPieceReader(joined(pieces))
        return reader.value()
    }

    /// The members of a JSON object, with or without its braces.
    func members(_ pieces: [Text]) -> [(String, YAMLTree)] {
        let text = joined(pieces)
        var reader = JSONPieceReader(text.hasPrefix("{") ? text : "{" + text + "}")
        guard case .mapping(let members) = reader.value() else { return [] }
        return members
    }

    private func joined(_ pieces: [Text]) -> String {
        pieces.map { piece in
            switch piece {
            case .literal(let json): json
            case .secret(let quoted): revealsSecrets ? quoted : "\"***\""
            case .reference(let reference): JSONText.quoted(reference.description)
            }
        }.joined()
    }
}

/// Reads JSON text that the compiler wrote. Numbers stay as they are written, since each digit
/// counts for the table's bytes.
private struct JSONPieceReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func value() -> YAMLTree {
        switch next {
        case UInt8(ascii: "{"): return object()
        case UInt8(ascii: "["): return array()
        case UInt8(ascii: "\""): return .text(string())
        default: return .plain(YAMLTree.withPoint(word()))
        }
    }

    private mutating func object() -> YAMLTree {
        var members: [(String, YAMLTree)] = []
        index += 1
        while let byte = next, byte != UInt8(ascii: "}") {
            if byte == UInt8(ascii: ",") { index += 1 }
            let key = string()
            index += 1  // The colon.
            members.append((key, value()))
        }
        index += 1
        return .mapping(members)
    }

    private mutating func array() -> YAMLTree {
        var items: [YAMLTree] = []
        index += 1
        while let byte = next, byte != UInt8(ascii: "]") {
            if byte == UInt8(ascii: ",") { index += 1 }
            items.append(value())
        }
        index += 1
        return .list(items)
    }

    private mutating func string() -> String {
        let start = index
        index += 1
        while let byte = next, byte != UInt8(ascii: "\"") {
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        index = min(index + 1, bytes.count)
        return JSONText.unquoted(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func word() -> String {
        let start = index
        while let byte = next, !",}]".utf8.contains(byte) { index += 1 }
        // What is none of JSON's values is passed over, so that reading ends.
        if index == start { index += 1 }
        return String(decoding: bytes[start..<min(index, bytes.count)], as: UTF8.self)
    }
}
