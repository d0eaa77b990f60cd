internal import JSON

extension MockResponse {
    /// A vector that the text alone decides.
    func embeddingBody(dimensions: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("object")
        writer.string("list")
        writer.key("data")
        writer.beginArray()
        writer.beginObject()
        writer.key("object")
        writer.string("embedding")
        writer.key("index")
        writer.integer(0)
        writer.key("embedding")
        writer.beginArray()
        var state: UInt32 = 2_166_136_261  // FNV-1a
        for byte in text.utf8 { state = (state ^ UInt32(byte)) &* 16_777_619 }
        for index in 0..<dimensions {
            state = (state ^ UInt32(index)) &* 16_777_619
            writer.double(Double(state % 2001) / 1000 - 1)
        }
        writer.endArray()
        writer.endObject()
        writer.endArray()
        writer.key("model")
        writer.string(model)
        writer.key("usage")
        writer.beginObject()
        writer.key("prompt_tokens")
        writer.integer(promptTokens)
        writer.key("total_tokens")
        writer.integer(promptTokens)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    var responseBody: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        writer.string("resp_" + id)
        writer.key("object")
        writer.string("response")
        writer.key("created_at")
        writer.integer(created)
        writer.key("status")
        writer.string("completed")
        writer.key("error")
        writer.null()
        writer.key("model")
        writer.string(model)
        writer.key("output")
        writer.beginArray()
        writer.beginObject()
        writer.key("id")
        writer.string("msg_" + id)
        writer.key("type")
        writer.string("message")
        writer.key("role")
        writer.string("assistant")
        writer.key("status")
        writer.string("completed")
        writer.key("content")
        writer.beginArray()
        writeText(type: "output_text", annotations: true, to: &writer)
        writer.endArray()
        writer.endObject()
        writer.endArray()
        writer.raw(Self.responseDefaults)
        writeUsage(("input_tokens", "output_tokens"), to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private static let responseDefaults =
        #""parallel_tool_calls":true,"tool_choice":"auto","tools":[],"metadata":{}"#

    var messageBody: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        writer.string("msg_" + id)
        writer.key("type")
        writer.string("message")
        writer.key("role")
        writer.string("assistant")
        writer.key("model")
        writer.string(model)
        writer.key("content")
        writer.beginArray()
        writeText(type: "text", annotations: false, to: &writer)
        writer.endArray()
        writer.key("stop_reason")
        writer.string("end_turn")
        writer.key("stop_sequence")
        writer.null()
        writer.key("usage")
        writer.beginObject()
        writer.key("input_tokens")
        writer.integer(promptTokens)
        writer.key("output_tokens")
        writer.integer(completionTokens)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private func writeText(type: String, annotations: Bool, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string(type)
        writer.key("text")
        writer.string(text)
        if annotations {
            writer.key("annotations")
            writer.beginArray()
            writer.endArray()
        }
        writer.endObject()
    }
}
