import Bedrock
import JSON
import OpenAI
import TestSupport
import Testing

/// What a stream of fixtures does not show: when things happen.
@Suite("ConverseStreamTranslator")
struct ConverseStreamTests {
    private static let start = #"{"role":"assistant"}"#

    private func translator(
        _ change: (inout AnswerContext) -> Void = { _ in }
    ) -> ConverseStreamTranslator {
        var context = AnswerContext(id: "r1", created: 1_700_000_000, model: "public")
        change(&context)
        return ConverseStreamTranslator(context: context, scanner: JSONScanner())
    }

    /// What one event adds to the stream.
    private func feed(
        _ translator: inout ConverseStreamTranslator,
        _ type: String,
        _ payload: String
    ) -> String {
        var output: [UInt8] = []
        let bytes = Array(payload.utf8)
        translator.event(type, payload: bytes.span.bytes, into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test("A chunk is there as soon as its frame is")
    func immediately() {
        var translator = translator()
        #expect(feed(&translator, "messageStart", Self.start).hasSuffix("}\n\n"))
        let text = #"{"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abc"}"#
        #expect(
            feed(&translator, "contentBlockDelta", text)
                == #"data: {"id":"chatcmpl-r1","object":"chat.completion.chunk","#
                + #""created":1700000000,"model":"public","choices":[{"index":0,"#
                + #""delta":{"content":"Hi"},"finish_reason":null}]}"# + "\n\n"
        )
        #expect(feed(&translator, "contentBlockStop", #"{"contentBlockIndex":0}"#).isEmpty)
        #expect(
            feed(&translator, "messageStop", #"{"stopReason":"end_turn"}"#).contains("\"stop\"")
        )
    }

    @Test(
        "The first token is text, reasoning or a tool call, not the role",
        arguments: [
            ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"a"}}"#),
            ("contentBlockDelta", #"{"delta":{"reasoningContent":{"text":"a"}}}"#),
            ("contentBlockStart", #"{"start":{"toolUse":{"toolUseId":"t","name":"f"}}}"#),
        ]
    )
    func firstToken(type: String, payload: String) {
        var translator = translator()
        _ = feed(&translator, "messageStart", Self.start)
        _ = feed(&translator, "contentBlockDelta", #"{"delta":{"text":""}}"#)
        #expect(translator.hasBegun && !translator.hasContent)
        _ = feed(&translator, type, payload)
        #expect(translator.hasContent)
    }

    @Test("Nothing follows the end, and the end comes once")
    func once() {
        var translator = translator()
        _ = feed(&translator, "messageStart", Self.start)
        _ = feed(&translator, "messageStop", #"{"stopReason":"end_turn"}"#)
        #expect(feed(&translator, "messageStop", #"{"stopReason":"end_turn"}"#).isEmpty)
        #expect(feed(&translator, "contentBlockDelta", #"{"delta":{"text":"a"}}"#).isEmpty)
        var output: [UInt8] = []
        #expect(!translator.isOver)
        #expect(translator.finish(isClean: true, into: &output) == .complete)
        #expect(translator.finish(isClean: true, into: &output) == .complete)
        translator.error(code: "Late", message: "late", into: &output)
        #expect(output == OpenAIError.doneEvent)
        #expect(translator.isOver && translator.failure == nil)
    }

    @Test("A frame that cannot be decoded ends the stream with the caller's failure")
    func callersFailure() {
        var translator = translator()
        _ = feed(&translator, "messageStart", Self.start)
        var output: [UInt8] = []
        translator.fail(.streamTruncated, into: &output)
        #expect(output == BedrockFailure.streamTruncated.error.event(.chat))
        #expect(translator.finish(isClean: false, into: &output) == .failed)
        #expect(output == BedrockFailure.streamTruncated.error.event(.chat))
    }

    @Test("Text before an expected JSON is held back up to a limit")
    func heldText() {
        var translator = translator { $0.jsonTool = "json_tool_call" }
        let piece = String(repeating: "x", count: 65_536)
        let payload = "{\"delta\":{\"text\":\"\(piece)\"}}"
        #expect(feed(&translator, "contentBlockDelta", payload).isEmpty)
        #expect(!translator.hasContent)
        let released = feed(&translator, "contentBlockDelta", #"{"delta":{"text":"y"}}"#)
        #expect(released.contains("xy\""))
        #expect(translator.hasContent)
        #expect(
            feed(&translator, "contentBlockDelta", #"{"delta":{"text":"z"}}"#).contains("\"z\"")
        )
    }

    @Test("No more blocks are open at one time than may be")
    func openBlocks() {
        var translator = translator()
        for index in 0..<256 {
            let payload =
                #"{"contentBlockIndex":\#(index),"start":{"toolUse":{"toolUseId":"t","name":"f"}}}"#
            _ = feed(&translator, "contentBlockStart", payload)
        }
        #expect(translator.failure == nil)
        let payload = #"{"contentBlockIndex":256,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}"#
        _ = feed(&translator, "contentBlockStart", payload)
        #expect(translator.failure?.error.status == 502)
    }
}
