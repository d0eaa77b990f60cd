import TestSupport

/// A JSON value as it is meant: the naive idea of equality that canonical forms are held against.
indirect enum Meant: Hashable {
    case null
    case bool(Bool)
    /// As written.
    case number(String)
    case string(String)
    case array([Meant])
    case object([String: Meant])

    private static let numbers = [
        "0", "-0", "1", "1.0", "1e0", "1E0", "10", "0.5", "12345678901234567890",
    ]
    private static let words = [
        "", "a", "b", "ab", "role", "content", "user", "\u{1F30D}", "é", "\"", "\\", "\n", "1",
        "null",
        "a\u{0}b",
    ]

    /// Any value, at most `depth` containers deep.
    static func random(depth: Int, using random: inout SeededRandom) -> Meant {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &random) {
        case 0: .null
        case 1: .bool(.random(using: &random))
        case 2: .number(numbers.randomElement(using: &random) ?? "0")
        case 3: .string(words.randomElement(using: &random) ?? "")
        case 4:
            .array(
                (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    self.random(depth: depth - 1, using: &random)
                }
            )
        default: object(depth: depth, using: &random)
        }
    }

    /// An object of a few members.
    static func object(depth: Int, using random: inout SeededRandom) -> Meant {
        var members: [String: Meant] = [:]
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let name = words.randomElement(using: &random) ?? ""
            members[name] = self.random(depth: depth - 1, using: &random)
        }
        return .object(members)
    }

    /// The same, or something near it.
    func mutated(using random: inout SeededRandom) -> Meant {
        if Int.random(in: 0..<4, using: &random) == 0 {
            return Self.random(depth: 1, using: &random)
        }
        switch self {
        case .array(var elements):
            switch Int.random(in: 0..<4, using: &random) {
            case 0: elements.append(.null)
            case 1: elements.reverse()
            case 2: elements = [.array(elements)]
            default:
                guard let place = elements.indices.randomElement(using: &random) else { break }
                elements[place] = elements[place].mutated(using: &random)
            }
            return .array(elements)
        case .object(var members):
            guard let name = members.keys.sorted().randomElement(using: &random),
                let value = members[name]
            else { return .object(["a": .null]) }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: members[name] = nil
            case 1:
                members[name] = nil
                members[name + "a"] = value
            default: members[name] = value.mutated(using: &random)
            }
            return .object(members)
        case .string(let text): return .string(text + "a")
        default: return self
        }
    }

    /// One of the many texts that say it.
    func text(using random: inout SeededRandom) -> String {
        let space = [" ", "", "\n\t", ""].randomElement(using: &random) ?? ""
        switch self {
        case .null: return "null"
        case .bool(let bool): return bool ? "true" : "false"
        case .number(let text): return text
        case .string(let text): return Self.quoted(text, using: &random)
        case .array(let elements):
            var texts: [String] = []
            for element in elements { texts.append(element.text(using: &random) + space) }
            return "[" + space + texts.joined(separator: "," + space) + "]"
        case .object(let members):
            var texts: [String] = []
            for (name, value) in members.shuffled(using: &random) {
                let key = Self.quoted(name, using: &random)
                texts.append(key + space + ":" + space + value.text(using: &random) + space)
            }
            return "{" + space + texts.joined(separator: "," + space) + "}"
        }
    }

    private static func quoted(_ text: String, using random: inout SeededRandom) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            guard mustEscape || Int.random(in: 0..<4, using: &random) == 0 else {
                quoted.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16, uppercase: .random(using: &random))
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}
