internal import JSON
internal import OpenAI

/// The schemas of tools and of structured answers, as Bedrock wants them.
enum ToolSchema {
    /// What a tool takes that says nothing about it.
    static let open = JSONValue.object([
        .init("type", .string("object")), .init("properties", .object([])),
    ])

    /// A schema whose root is an object and says so; `param` is blamed for one that is none.
    ///
    /// Order and numbers stay as they are: the model's cache goes by the bytes.
    static func object(_ schema: JSONValue?, _ param: String) throws(OpenAIError) -> JSONValue {
        guard let schema, schema != .null else { return open }
        guard case .object(var members) = resolved(schema) else {
            throw .invalid(param, "must be a JSON schema")
        }
        switch members.firstIndex(where: { $0.key == "type" }) {
        case let place?:
            switch members[place].value {
            case .string("object"): break
            case .array(let types) where types.contains(.string("object")):
                members[place].value = .string("object")
            default: throw .invalid(param + ".type", "Bedrock wants an object at the schema's root")
            }
        case nil:
            if let member = members.first(where: { ["$ref", "anyOf", "oneOf"].contains($0.key) }) {
                throw .invalid(
                    param,
                    "Bedrock wants an object at the schema's root, not \(member.key)"
                )
            }
            members.insert(.init("type", .string("object")), at: 0)
        }
        return .object(members)
    }

    /// A root that refers to one of its own definitions becomes that definition, `$defs` kept.
    private static func resolved(_ schema: JSONValue) -> JSONValue {
        guard case .object(let members) = schema, case .string(let reference)? = schema["$ref"]
        else { return schema }
        for key in ["$defs", "definitions"] where reference.hasPrefix("#/\(key)/") {
            let name = String(reference.dropFirst(key.utf8.count + 3))
            guard case .object(let found)? = schema[key]?[name] else { continue }
            let known = Set(found.map(\.key))
            let others = members.filter { $0.key != "$ref" && !known.contains($0.key) }
            return .object(found + others)
        }
        return schema
    }

    /// `additionalProperties: false` in each object that does not say anything about it, which
    /// native structured output demands. Only what is a schema is looked at, never data in one.
    static func closed(_ schema: JSONValue) -> JSONValue {
        guard case .object(var members) = schema else { return schema }
        for place in members.indices {
            let value = members[place].value
            switch members[place].key {
            case "properties", "$defs", "definitions", "patternProperties", "dependentSchemas":
                guard case .object(let schemas) = value else { continue }
                members[place].value = .object(schemas.map { .init($0.key, closed($0.value)) })
            case "items", "additionalProperties", "not", "contains", "if", "then", "else",
                "anyOf", "oneOf", "allOf", "prefixItems":
                if case .array(let schemas) = value {
                    members[place].value = .array(schemas.map(closed))
                } else {
                    members[place].value = closed(value)
                }
            default: break
            }
        }
        if isObject(schema), schema["additionalProperties"] == nil {
            members.append(.init("additionalProperties", .bool(false)))
        }
        return .object(members)
    }

    private static func isObject(_ schema: JSONValue) -> Bool {
        switch schema["type"] {
        case .string("object"): true
        case .array(let types)?: types.contains(.string("object"))
        case nil: schema["properties"] != nil
        default: false
        }
    }
}
