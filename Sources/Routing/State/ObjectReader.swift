internal import JSON

/// Reads the members of a JSON object by their types, and says which one is wrong.
struct ObjectReader {
    private let value: JSONValue
    private let path: String

    /// - Parameter path: What messages call the object.
    init(_ value: JSONValue, _ path: String) throws(RoutingStateError) {
        guard case .object = value else { throw .wrong(member: path, expected: "an object") }
        self.value = value
        self.path = path
    }

    func wrong(_ key: String, _ expected: String) -> RoutingStateError {
        .wrong(member: key.isEmpty ? path : "\(path).\(key)", expected: expected)
    }

    func text(_ key: String) throws(RoutingStateError) -> String? {
        switch value[key] {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw wrong(key, "a text")
        }
    }

    func bool(_ key: String) throws(RoutingStateError) -> Bool {
        switch value[key] {
        case nil, .null: return false
        case .bool(let bool): return bool
        default: throw wrong(key, "true or false")
        }
    }

    /// A whole number of 0 or more.
    func number<Number: FixedWidthInteger>(
        _ key: String
    ) throws(RoutingStateError) -> Number? {
        switch value[key] {
        case nil, .null: return nil
        case .integer(let integer) where integer >= 0 && integer <= Number.max:
            return Number(integer)
        default: throw wrong(key, "a whole number from 0 to \(Number.max)")
        }
    }

    func required<Number: FixedWidthInteger>(
        _ key: String
    ) throws(RoutingStateError) -> Number {
        guard let found: Number = try number(key) else {
            throw wrong(key, "a whole number from 0 to \(Number.max)")
        }
        return found
    }

    /// A number of 0 or more.
    func positive(_ key: String) throws(RoutingStateError) -> Double? {
        let found: Double
        switch value[key] {
        case nil, .null: return nil
        case .integer(let integer): found = Double(integer)
        case .number(let number): found = number
        default: throw wrong(key, "a number of 0 or more")
        }
        guard found >= 0 else { throw wrong(key, "a number of 0 or more") }
        return found
    }

    /// A mean in milliseconds and its age.
    func latency(_ key: String) throws(RoutingStateError) -> RoutingStateJSON.Latency? {
        guard let mean = try positive(key + "_ms") else { return nil }
        let age: UInt64 = try number(key + "_age_ms") ?? 0
        var latency = RoutingStateJSON.Latency(seconds: mean / 1_000, ageMS: age)
        latency.hasTimeout = try bool(key + "_timed_out")
        return latency
    }

    func array(_ key: String) throws(RoutingStateError) -> [JSONValue] {
        switch value[key] {
        case nil, .null: return []
        case .array(let elements): return elements
        default: throw wrong(key, "an array")
        }
    }
}
