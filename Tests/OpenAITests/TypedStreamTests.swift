import JSON
import OpenAI
import Testing

/// Streams of `/v1/responses` and `/v1/messages`, in the shape that vLLM 0.32 sends.
@Suite("EventStreamRewriter, typed events")
struct TypedStreamTests {
    private static let responses = """
        event: response.created
        data: {"response":{"id":"resp_1","model":"up/m","output":[],"usage":null},"seque\
        nce_number":0,"type":"response.created"}

        event: response.output_text.delta
        data: {"content_index":0,"delta":"name","item_id":"msg_1","type":"response.outpu\
        t_text.delta"}

        event: response.completed
        data: {"response":{"id":"resp_1","model":"up/m","status":"incomplete","usage":{"\
        input_tokens":8,"input_tokens_details":{"cached_tokens":2},"output_tokens":4,"ou\
        tput_tokens_details":{"reasoning_tokens":1},"total_tokens":12}},"type":"response\
        .completed"}


        """

    private static let messages = """
        event: message_start
        data: {"type":"message_start","message":{"id":"m","model":"up/m","usage":{"input\
        _tokens":11,"cache_read_input_tokens":5,"output_tokens":0}}}

        event: content_block_delta
        data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"ü"},"index":0}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"out\
        put_tokens":5}}

        event: message_stop
        data: {"type":"message_stop"}


        """

    private func run(
        _ stream: String,
        _ dialect: ResponseDialect,
        split: Int
    ) -> (text: String, end: StreamEnd, state: StreamState) {
        var rewriter = EventStreamRewriter(
            dialect: dialect,
            publicModel: Array("\"public\"".utf8),
            hidesUsage: false,
            scanner: JSONScanner()
        )
        var text: [UInt8] = []
        let bytes = Array(stream.utf8)
        for input in [Array(bytes[..<split]), Array(bytes[split...])] {
            var pieces: [StreamPiece] = []
            rewriter.feed(input.span.bytes, into: &pieces)
            for piece in pieces {
                switch piece {
                case .input(let range): text += input[range]
                case .bytes(let bytes): text += bytes
                }
            }
        }
        var pieces: [StreamPiece] = []
        let end = rewriter.finish(isClean: true, into: &pieces)
        return (String(decoding: text, as: UTF8.self), end, rewriter.state)
    }

    @Test(
        "restores the inner model's name and reads the usage, wherever the stream is split",
        arguments: [(ResponseDialect.responses, responses), (.messages, messages)]
    )
    func whole(dialect: ResponseDialect, stream: String) {
        let wanted = stream.replacing("\"up/m\"", with: "\"public\"")
        for split in 0...stream.utf8.count {
            let outcome = run(stream, dialect, split: split)
            #expect(outcome.text == wanted)
            #expect(outcome.end == .complete)
            #expect(outcome.state.hasContent)
            let usage = outcome.state.usage
            #expect(usage?.prompt == (dialect == .messages ? 16 : 8))
            #expect(usage?.completion == (dialect == .messages ? 5 : 4))
            #expect(usage?.total == (dialect == .messages ? 21 : 12))
            #expect(usage?.cached == (dialect == .messages ? 5 : 2))
        }
    }

    @Test(
        "takes a stream without its last event for truncated",
        arguments: [(ResponseDialect.responses, responses), (.messages, messages)]
    )
    func cut(dialect: ResponseDialect, stream: String) throws {
        let last = try #require(stream.ranges(of: "event: ").last)
        let cut = String(stream[..<last.lowerBound])
        #expect(run(cut, dialect, split: 0).end == .truncated)
    }

    @Test("takes the upstream's own failure as an end")
    func failed() {
        let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"x\"}}\n\n"
        #expect(run(error, .messages, split: 0).end == .failed)
        let failed = "data: {\"type\":\"response.failed\",\"response\":{\"model\":\"up/m\"}}\n\n"
        #expect(run(failed, .responses, split: 0).end == .failed)
    }
}
