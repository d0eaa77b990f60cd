internal import JSON
internal import OpenAI

/// One element of Converse's list of tools.
struct ToolSpec {
    /// On the wire.
    let name: String
    let description: String?
    let schema: JSONValue
    var isStrict = false
    var cachePoint: ContentBlock?

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("toolSpec")
        writer.beginObject()
        writer.member("name", name)
        if let description { writer.member("description", description) }
        writer.key("inputSchema")
        writer.beginObject()
        writer.key("json")
        schema.write(to: &writer)
        writer.endObject()
        if isStrict {
            writer.key("strict")
            writer.bool(true)
        }
        writer.endObject()
        writer.endObject()
        cachePoint?.write(to: &writer)
    }
}

/// Reads `tools`, and the older `functions`.
struct ToolReader {
    let options: ConverseOptions
    var names: ToolNames

    mutating func tools(_ members: ChatMembers) throws(OpenAIError) -> [ToolSpec] {
        let param = members.tools == nil ? "functions" : "tools"
        guard let list = members.tools ?? members.functions else { return [] }
        guard case .array(let tools) = list else { throw .invalid(param, "must be a list") }
        if tools.isEmpty { return [] }
        if !options.traits.takesTools {
            if options.dropParams { return [] }
            throw .unsupported(param)
        }
        var specs: [ToolSpec] = []
        for index in tools.indices {
            let path = "\(param)[\(index)]"
            let isFunction = members.tools == nil
            let tool = tools[index]
            if !isFunction, let type = tool["type"], type != .string("function") {
                if options.dropParams { continue }
                throw .invalid(path + ".type", "Bedrock takes functions only")
            }
            let function = isFunction ? tool : tool["function"]
            specs.append(try spec(tool, function, isFunction ? path : path + ".function"))
        }
        return specs
    }

    private mutating func spec(
        _ tool: JSONValue,
        _ function: JSONValue?,
        _ path: String
    ) throws(OpenAIError) -> ToolSpec {
        guard let function, case .object = function else {
            throw .invalid(path, "must be an object")
        }
        guard case .string(let name)? = function["name"], !name.isEmpty else {
            throw .invalid(path + ".name", "must be a string")
        }
        var description: String?
        switch function["description"] {
        case nil, .null: break
        case .string(let text)?: if !text.isBlank { description = text }
        default: throw .invalid(path + ".description", "must be a string")
        }
        var spec = ToolSpec(
            name: names.wireName(name),
            description: description,
            schema: try ToolSchema.object(function["parameters"], path + ".parameters")
        )
        spec.isStrict =
            function["strict"] == .bool(true) && options.traits.hasNativeStructuredOutput
        let control = tool["cache_control"] ?? function["cache_control"]
        if let control, control != .null, options.traits.takesToolCachePoints {
            spec.cachePoint = .cachePoint(control, options.traits)
        }
        return spec
    }
}
