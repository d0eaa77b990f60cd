internal import JSON
internal import OpenAI

/// `response_format`, in one of two ways.
enum AnswerFormat {
    case text
    /// Bedrock's own structured output; the schema is JSON in a string.
    case native(schema: String, name: String?, description: String?)
    /// A tool whose input is the answer, for models without it.
    case tool(schema: JSONValue)

    init(_ members: ChatMembers, _ options: ConverseOptions) throws(OpenAIError) {
        guard let format = members.responseFormat else {
            self = .text
            return
        }
        switch format["type"] {
        case .string("text")?, .string("json_object")?: self = .text
        case .string("json_schema")?: self = try AnswerFormat.structured(format, options)
        default:
            throw .invalid("response_format.type", "must be text, json_object or json_schema")
        }
    }

    private static func structured(
        _ format: JSONValue,
        _ options: ConverseOptions
    ) throws(OpenAIError) -> AnswerFormat {
        let param = "response_format.json_schema"
        guard let wanted = format["json_schema"], let schema = wanted["schema"],
            case .object = schema
        else { throw .invalid(param + ".schema", "must be a JSON schema") }
        if options.traits.hasNativeStructuredOutput {
            return .native(
                schema: String(decoding: ToolSchema.closed(schema).bytes, as: UTF8.self),
                name: text(wanted["name"]),
                description: text(wanted["description"])
            )
        }
        guard options.traits.takesTools else {
            if options.dropParams { return .text }
            throw .unsupported("response_format")
        }
        return .tool(schema: try ToolSchema.object(schema, param + ".schema"))
    }

    private static func text(_ value: JSONValue?) -> String? {
        guard case .string(let text)? = value, !text.isBlank else { return nil }
        return text
    }

    func write(to writer: inout JSONWriter) {
        guard case .native(let schema, let name, let description) = self else { return }
        writer.key("outputConfig")
        writer.beginObject()
        writer.key("textFormat")
        writer.beginObject()
        writer.member("type", "json_schema")
        writer.key("structure")
        writer.beginObject()
        writer.key("jsonSchema")
        writer.beginObject()
        writer.member("schema", schema)
        if let name { writer.member("name", name) }
        if let description { writer.member("description", description) }
        for _ in 0..<4 { writer.endObject() }
    }
}
