/// What an answer needs to know of the request that it is for.
package struct AnswerContext: Hashable, Sendable {
    /// Which of OpenAI's endpoints the client called.
    package enum Form: Hashable, Sendable {
        /// `chat/completions`.
        case chat
        /// `completions`, the legacy one: text and nothing else.
        case text
    }

    /// The answer's unique part, without a prefix such as `chatcmpl-`: AWS' request id.
    package var id: String
    /// Seconds since 1970.
    package var created: Int
    /// The public name.
    package var model: String
    package var form: Form
    /// What the client calls a tool that had to be sent by another name, by the name sent.
    package var toolNames: [String: String]
    /// The tool, by the name sent, whose input is the JSON that `response_format` asked for; nil
    /// when there is none.
    package var jsonTool: String?
    /// Whether a stream ends with its usage (`stream_options.include_usage`).
    package var includesUsage: Bool

    /// A request's context.
    package init(
        id: String,
        created: Int,
        model: String,
        form: Form = .chat,
        toolNames: [String: String] = [:],
        jsonTool: String? = nil,
        includesUsage: Bool = false
    ) {
        self.id = id
        self.created = created
        self.model = model
        self.form = form
        self.toolNames = toolNames
        self.jsonTool = jsonTool
        self.includesUsage = includesUsage
    }

    /// A tool's name as the client knows it.
    func clientName(_ tool: String) -> String { toolNames[tool] ?? tool }
}
