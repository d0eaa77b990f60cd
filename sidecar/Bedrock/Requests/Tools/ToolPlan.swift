internal import JSON
internal import OpenAI

/// Converse's `toolConfig`: the tools of the request, those that only the history knows, and the
/// one that stands for a structured answer.
struct ToolPlan {
    /// What the model must do, by names on the wire.
    enum Choice: Hashable {
        case auto
        case any
        case tool(String)
    }

    private(set) var specs: [ToolSpec] = []
    private(set) var choice = Choice.auto
    private(set) var names: ToolNames
    /// The tool whose input is the answer, on the wire.
    private(set) var answerTool: String?
    /// Claude's `tool_choice`, which says what Converse cannot.
    private(set) var modelField: JSONValue.Member?

    /// LiteLLM's name for it.
    private static let answerToolName = "json_tool_call"

    init(
        _ members: ChatMembers,
        _ reader: MessageReader,
        _ format: AnswerFormat,
        isThinking: Bool
    ) throws(OpenAIError) {
        let options = reader.options
        names = reader.names
        var tools = ToolReader(options: options, names: names)
        specs = try tools.tools(members)
        names = tools.names
        let hadTools = !specs.isEmpty
        let param = members.toolChoice == nil ? "function_call" : "tool_choice"
        let wanted = try ToolChoice(members.toolChoice ?? members.functionCall, param: param)
        if hadTools {
            try apply(wanted, param, keepsTools: reader.conversation.hasToolBlocks)
        } else if members.tools == nil, members.functions == nil {
            switch wanted {
            case .auto, .none: break
            default: throw .invalid(param, "needs tools in the request")
            }
        }
        if choice != .auto, !options.traits.takesToolChoice {
            if !options.dropParams { throw .unsupported(param) }
            choice = .auto
        }
        if specs.isEmpty { addHistory(reader.conversation) }
        if case .tool(let schema) = format {
            addAnswerTool(schema, onlyThat: !hadTools || wanted == .none, options.traits)
        }
        // Bedrock takes no tool blocks without tools, and a result alone does not say whose it is.
        if specs.isEmpty, reader.conversation.hasToolBlocks {
            throw .invalid("messages", "the result of a tool needs the call that it answers")
        }
        // Claude cannot think before a tool that it must call.
        if isThinking { choice = .auto }
        try limitParallelCalls(members.parallelToolCalls, options.traits)
    }

    private mutating func apply(
        _ wanted: ToolChoice,
        _ param: String,
        keepsTools: Bool
    ) throws(OpenAIError) {
        switch wanted {
        case .auto: break
        case .none: if !keepsTools { specs = [] }
        case .any: choice = .any
        case .tool(let name):
            let wire = WireName.tool(name)
            guard specs.contains(where: { $0.name == wire }) else {
                throw .invalid(param, "\(OpenAIError.quoted(name)) is none of the tools")
            }
            choice = .tool(wire)
        case .allowed(let names, let isRequired):
            let allowed = Set(names.map(WireName.tool))
            specs.removeAll { !allowed.contains($0.name) }
            if specs.isEmpty { throw .invalid(param, "allows none of the tools") }
            choice = isRequired ? .any : .auto
        }
    }

    /// Bedrock wants to know the tools of old calls, also where the client sends none any more.
    private mutating func addHistory(_ conversation: Conversation) {
        specs = conversation.toolNames.map {
            ToolSpec(name: $0, description: nil, schema: ToolSchema.open)
        }
    }

    private mutating func addAnswerTool(
        _ schema: JSONValue,
        onlyThat: Bool,
        _ traits: ModelTraits
    ) {
        var name = ToolPlan.answerToolName
        while specs.contains(where: { $0.name == name }) { name += "_" }
        answerTool = name
        specs.append(
            ToolSpec(
                name: name,
                description: "Gives the final answer to the user, in the form that is asked for.",
                schema: schema
            )
        )
        guard choice == .auto, traits.takesToolChoice else { return }
        choice = onlyThat ? .tool(name) : .any
    }

    private mutating func limitParallelCalls(
        _ value: JSONValue?,
        _ traits: ModelTraits
    ) throws(OpenAIError) {
        guard let value else { return }
        guard case .bool(let isParallel) = value else {
            throw .invalid("parallel_tool_calls", "must be a bool")
        }
        if isParallel || specs.isEmpty || traits.family != .claude { return }
        let limit = JSONValue.Member("disable_parallel_tool_use", .bool(true))
        // AWS refuses a type here beside a toolChoice of Converse's.
        let type = JSONValue.Member("type", .string("auto"))
        modelField = .init("tool_choice", .object(choice == .auto ? [type, limit] : [limit]))
    }

    /// Cache points of tools.
    var cachePointCount: Int { specs.count { $0.cachePoint != nil } }

    func write(to writer: inout JSONWriter) {
        if specs.isEmpty { return }
        writer.key("toolConfig")
        writer.beginObject()
        writer.key("tools")
        writer.beginArray()
        for spec in specs { spec.write(to: &writer) }
        writer.endArray()
        if choice != .auto {
            writer.key("toolChoice")
            writer.beginObject()
            if case .tool(let name) = choice {
                writer.key("tool")
                writer.beginObject()
                writer.member("name", name)
            } else {
                writer.key("any")
                writer.beginObject()
            }
            writer.endObject()
            writer.endObject()
        }
        writer.endObject()
    }
}
