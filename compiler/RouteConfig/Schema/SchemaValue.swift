/// A JSON value whose members keep their order.
indirect enum SchemaValue {
    case object([(String, SchemaValue)])
    case array([SchemaValue])
    case text(String)
    case integer(Int)
    case bool(Bool)
    case null

    /// As JSON, indented by two spaces a level; values that hold no other ones stand on one line.
    func text(indentation: Int = 0) -> String {
        let outer = String(repeating: " ", count: indentation)
        let inner = outer + "  "
        switch self {
        case .text(let text): return JSONText.quoted(text)
        case .integer(let number): return String(number)
        case .bool(let bool): return bool ? "true" : "false"
        case .null: return "null"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map { name, value in
                inner + JSONText.quoted(name) + ": " + value.text(indentation: indentation + 2)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + outer + "}"
        case .array(let items):
            if items.allSatisfy(\.isPlain) {
                return "[" + items.map { $0.text() }.joined(separator: ", ") + "]"
            }
            let lines = items.map { inner + $0.text(indentation: indentation + 2) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + outer + "]"
        }
    }

    private var isPlain: Bool {
        switch self {
        case .object, .array: false
        case .text, .integer, .bool, .null: true
        }
    }

    /// `{"type": …}` of one type or several.
    static func type(_ names: String...) -> SchemaValue {
        let types = names.map(SchemaValue.text)
        return .object([("type", types.count == 1 ? types[0] : .array(types))])
    }

    /// A list of strings, one of which a value is.
    static func words(_ words: [String]) -> SchemaValue {
        .object([("enum", .array(words.map(SchemaValue.text)))])
    }

    /// A string of a form.
    static func pattern(_ pattern: String) -> SchemaValue {
        .object([("type", .text("string")), ("pattern", .text(pattern))])
    }

    /// A list of alternatives; one alone stands for itself.
    static func any(of alternatives: [SchemaValue]) -> SchemaValue {
        alternatives.count == 1 ? alternatives[0] : .object([("anyOf", .array(alternatives))])
    }
}
