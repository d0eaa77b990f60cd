package import JSON
package import OpenAI

/// A client's request as Bedrock's Converse takes it, and what its answer's translation must know.
///
/// Members of OpenAI's are translated, LiteLLM's for Bedrock (`thinking`, `guardrailConfig` and the
/// like) are checked, and others are left out. What Bedrock cannot do answers 400 with `param`,
/// or is left out where `drop_params` says so.
package struct ConverseRequest: Sendable {
    /// JSON for `converse` and `converse-stream` alike.
    package let body: [UInt8]
    /// Whether the client wants a stream.
    package let isStream: Bool
    /// Whether the client asked for the usage at a stream's end (`stream_options`).
    package let includesUsage: Bool
    /// The client's names of tools by those in `body`, for those that had to be changed.
    package let toolNames: [String: String]
    /// The tool in `body` whose input is the answer's content: the client asked for a JSON schema
    /// of a model that has no other way. Nil where there is none.
    package let answerTool: String?
    /// Members that mean nothing here and were left out, in order.
    package let ignoredMembers: [String]

    /// Translates a request for `chat/completions`.
    package init(
        chat body: JSONValue,
        _ options: ConverseOptions
    ) throws(OpenAIError) {
        let members = try ChatMembers(body, options)
        var reader = MessageReader(options)
        try reader.read(members.messages)
        try self.init(members, reader, options)
    }

    /// Translates a request for `completions`: its prompt is a user's message.
    package init(
        completion body: JSONValue,
        _ options: ConverseOptions
    ) throws(OpenAIError) {
        let members = try ChatMembers(body, options)
        var reader = MessageReader(options)
        try reader.read(prompt: members.prompt)
        try self.init(members, reader, options)
    }

    private init(
        _ members: ChatMembers,
        _ reader: MessageReader,
        _ options: ConverseOptions
    ) throws(OpenAIError) {
        let conversation = reader.conversation
        var settings = try InferenceSettings(members, options)
        let reasoning = try ReasoningFields(
            ReasoningRequest(members),
            conversation,
            options,
            &settings
        )
        let format = try AnswerFormat(members, options)
        let tools = try ToolPlan(members, reader, format, isThinking: reasoning.isThinking)
        if conversation.cachePointCount + tools.cachePointCount > ConverseRequest.cachePointsMax {
            throw .invalid("cache_control", "at most 4 of them in one request")
        }
        let own = try ConverseMembers(members)
        var fields = ModelFields(reasoning.members)
        fields.add(topK: settings.topK, options.traits)
        if let field = tools.modelField { fields.set(field) }
        for member in members.allowed { fields.set(member) }
        try fields.merge(members.modelFields)

        var bytes: [UInt8] = []
        bytes.reserveCapacity(conversation.byteCount + 512 * (tools.specs.count + 1))
        var writer = JSONWriter(into: bytes)
        bytes = []
        writer.beginObject()
        conversation.write(to: &writer)
        settings.write(to: &writer)
        tools.write(to: &writer)
        format.write(to: &writer)
        own.write(to: &writer)
        fields.write(to: &writer)
        writer.endObject()
        self.body = writer.bytes
        isStream = members.isStream
        includesUsage = try members.includesUsage
        toolNames = tools.names.changed
        answerTool = tools.answerTool
        ignoredMembers = members.ignored
    }

    /// Bedrock's limit.
    static let cachePointsMax = 4
}

extension MessageReader {
    /// Reads a text completion's prompt: a string, or a list of one.
    mutating func read(prompt: JSONValue?) throws(OpenAIError) {
        var prompt = prompt
        if case .array(let prompts)? = prompt {
            guard prompts.count == 1 else {
                throw .invalid("prompt", "models on Bedrock take one prompt, a string")
            }
            prompt = prompts.first
        }
        switch prompt {
        case nil: throw .missingField("prompt")
        case .string(let text)? where !text.isBlank: try read(text: text)
        case .string?: throw .invalid("prompt", "must not be blank")
        default: throw .invalid("prompt", "must be a string: tokens mean nothing to Bedrock")
        }
    }
}
