import JSON
import TestSupport

/// Random documents with few keys, so that paths meet them.
struct RandomJSON {
    private var random = SeededRandom.make()
    private static let keys = ["a", "b", "c", "d"]

    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func key() -> String { Self.keys[below(4)] }

    mutating func value(depth: Int) -> JSONValue {
        switch below(depth > 0 ? 7 : 4) {
        case 0: return .integer(Int64(below(9)))
        case 1: return .string([#"}],"a":1"#, "", "é\n\"\\", "b"][below(4)])
        case 2: return .null
        case 3: return .bool(chance(50))
        case 4:
            return .array((0..<below(4)).map { _ in value(depth: depth - 1) })
        default: return .object(members(depth: depth - 1))
        }
    }

    mutating func members(depth: Int) -> [JSONValue.Member] {
        (0..<below(5)).map { _ in .init(key(), value(depth: depth)) }
    }

    mutating func path() -> [RewriteReference.Step] {
        var steps: [RewriteReference.Step] = [.member(key())]
        while chance(60), steps.count < 5 {
            switch below(4) {
            case 0: steps.append(.element(below(3)))
            case 1: steps.append(.everyElement)
            default: steps.append(.member(key()))
            }
        }
        if steps.count > 1 { steps.append(.member(key())) }
        return steps
    }

    /// A text of the value, with white space and escapes wherever they may be.
    mutating func text(_ value: JSONValue) -> String {
        switch value {
        case .array(let elements):
            let inside = elements.map { space() + text($0) + space() }
            return "[" + (inside.isEmpty ? space() : inside.joined(separator: ",")) + "]"
        case .object(let members):
            let inside = members.map { member in
                space() + quoted(member.key) + space() + ":" + space() + text(member.value)
                    + space()
            }
            return "{" + (inside.isEmpty ? space() : inside.joined(separator: ",")) + "}"
        default: return String(decoding: value.bytes, as: UTF8.self)
        }
    }

    private mutating func space() -> String { chance(80) ? "" : ["\n", " ", "\t "][below(3)] }

    private mutating func quoted(_ key: String) -> String {
        guard chance(5), let unit = key.utf16.first else { return "\"\(key)\"" }
        let hex = String(unit, radix: 16)
        return "\"\\u" + String(repeating: "0", count: 4 - hex.count) + hex + key.dropFirst() + "\""
    }
}
