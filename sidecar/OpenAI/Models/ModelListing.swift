internal import JSON

/// One model as `/v1/models` shows it (LiteLLM §3.2).
package struct ModelListing: Hashable, Sendable {
    package var id: String
    /// V106 says these where they are known.
    package var mode: String?
    package var maxInputTokens: Int?
    package var maxOutputTokens: Int?

    /// LiteLLM's constants: the same for every model.
    package static let created = 1_677_610_602
    package static let owner = "openai"

    package init(
        id: String,
        mode: String? = nil,
        maxInputTokens: Int? = nil,
        maxOutputTokens: Int? = nil
    ) {
        self.id = id
        self.mode = mode
        self.maxInputTokens = maxInputTokens
        self.maxOutputTokens = maxOutputTokens
    }

    /// The body of `/v1/models/{id}`.
    package var body: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// The body of `/v1/models`.
    package static func list(_ models: [ModelListing]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("data")
        writer.beginArray()
        for model in models { model.write(to: &writer) }
        writer.endArray()
        writer.key("object")
        writer.string("list")
        writer.endObject()
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.string(id)
        writer.key("object")
        writer.string("model")
        writer.key("created")
        writer.integer(Self.created)
        writer.key("owned_by")
        writer.string(Self.owner)
        if let mode {
            writer.key("mode")
            writer.string(mode)
        }
        if let maxInputTokens {
            writer.key("max_input_tokens")
            writer.integer(maxInputTokens)
        }
        if let maxOutputTokens {
            writer.key("max_output_tokens")
            writer.integer(maxOutputTokens)
        }
        writer.endObject()
    }
}
