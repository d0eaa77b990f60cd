import JSON
import OpenAI
import Testing

@Suite("ResponseFacts")
struct ResponseFactsTests {
    private func read(_ text: String, _ dialect: ResponseDialect = .chat) -> (
        ResponseFacts?, String
    ) {
        let bytes = Array(text.utf8)
        guard let facts = ResponseFacts(bytes.span.bytes, dialect: dialect, scanner: JSONScanner())
        else { return (nil, text) }
        let edits = facts.edits(publicModel: Array("\"pub\"".utf8), body: bytes.span.bytes)
        return (facts, String(decoding: edits.apply(to: bytes.span.bytes), as: UTF8.self))
    }

    @Test("restores the model's name and nothing else")
    func model() {
        let text = #"{ "model" : "up", "choices":[{"model":"up"}], "x":null }"#
        #expect(read(text).1 == #"{ "model" : "pub", "choices":[{"model":"up"}], "x":null }"#)
        #expect(read(#"{"model":"pub"}"#).1 == #"{"model":"pub"}"#)
        #expect(read(#"{"model":null,"a":1}"#).1 == #"{"model":null,"a":1}"#)
        #expect(read("[1]").0 == nil)
        #expect(read("oops").0 == nil)
    }

    @Test(
        "reads the usage of every dialect",
        arguments: [
            (
                #"""
                {"usage":{"prompt_tokens":18,"total_tokens":30,"completion_tokens":12,"promp\#
                t_tokens_details":{"cached_tokens":4},"completion_tokens_details":null}}
                """#,
                ResponseDialect.chat, [18, 12, 30, 4, 0]
            ),
            (#"{"usage":{"prompt_tokens":7,"total_tokens":7}}"#, .other, [7, 0, 7, 0, 0]),
            (
                #"""
                {"usage":{"input_tokens":8,"input_tokens_details":{"cached_tokens":2},"outpu\#
                t_tokens":6,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":14\#
                }}
                """#,
                .responses, [8, 6, 14, 2, 3]
            ),
            (
                #"""
                {"usage":{"input_tokens":8,"cache_read_input_tokens":5,"cache_creation_input\#
                _tokens":1,"output_tokens":6}}
                """#,
                .messages, [14, 6, 20, 5, 0]
            ),
            (
                #"{"usage":{"prompt_tokens":-5,"completion_tokens":"x","total_tokens":1e3}}"#,
                .chat,
                [0, 0, 0, 0, 0]
            ),
        ]
    )
    func usage(text: String, dialect: ResponseDialect, wanted: [Int]) throws {
        let usage = try #require(read(text, dialect).0?.usage)
        #expect(
            [usage.prompt, usage.completion, usage.total, usage.cached, usage.reasoning] == wanted
        )
    }

    @Test("has no usage where there is none", arguments: ["{}", #"{"usage":null}"#])
    func none(text: String) throws {
        let facts = try #require(read(text).0)
        #expect(facts.usage == nil)
    }
}

@Suite("ModelListing")
struct ModelListingTests {
    @Test("shows models as LiteLLM does")
    func bodies() {
        let plain = ModelListing(id: "a/b")
        let known = ModelListing(
            id: "c",
            mode: "chat",
            maxInputTokens: 8192,
            maxOutputTokens: 4096
        )
        #expect(
            String(decoding: plain.body, as: UTF8.self)
                == #"{"id":"a/b","object":"model","created":1677610602,"owned_by":"openai"}"#
        )
        #expect(
            String(decoding: ModelListing.list([plain, known]), as: UTF8.self)
                == #"""
                {"data":[{"id":"a/b","object":"model","created":1677610602,"owned_by":"opena\#
                i"},{"id":"c","object":"model","created":1677610602,"owned_by":"openai","mod\#
                e":"chat","max_input_tokens":8192,"max_output_tokens":4096}],"object":"list"\#
                }
                """#
        )
        #expect(
            String(decoding: ModelListing.list([]), as: UTF8.self)
                == #"{"data":[],"object":"list"}"#
        )
    }
}

@Suite("MockResponse")
struct MockResponseTests {
    private let mock = MockResponse(
        id: "1",
        created: 5,
        model: "m",
        text: "Hello \"big\" world",
        promptTokens: 3,
        includesUsage: true
    )

    @Test("answers every endpoint it has in a form that is read back")
    func bodies() throws {
        for endpoint in [
            Endpoint.chatCompletions, .completions, .embeddings, .responses, .messages,
        ] {
            let body = try #require(mock.body(endpoint))
            let tree = try JSONValue(parsing: body.span.bytes)
            #expect(tree["model"] == .string("m"))
            let facts = ResponseFacts(
                body.span.bytes,
                dialect: endpoint.dialect ?? .other,
                scanner: JSONScanner()
            )
            #expect(facts?.usage?.prompt == 3)
        }
        #expect(mock.body(.rerank) == nil)
        #expect(
            String(decoding: try #require(mock.body(.chatCompletions)), as: UTF8.self)
                == #"""
                {"id":"chatcmpl-1","object":"chat.completion","created":5,"model":"m","choic\#
                es":[{"index":0,"message":{"role":"assistant","content":"Hello \"big\" world\#
                "},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"comp\#
                letion_tokens":3,"total_tokens":6}}
                """#
        )
    }

    @Test("streams in OpenAI's own shape, to a proper end")
    func stream() throws {
        for endpoint in [Endpoint.chatCompletions, .completions] {
            let events = try #require(mock.events(endpoint))
            let stream = events.flatMap { $0 }
            var rewriter = EventStreamRewriter(
                dialect: .chat,
                publicModel: nil,
                hidesUsage: false,
                scanner: JSONScanner()
            )
            var pieces: [StreamPiece] = []
            rewriter.feed(stream.span.bytes, into: &pieces)
            let end = rewriter.finish(isClean: true, into: &pieces)
            #expect(end == .complete)
            #expect(rewriter.state.usage == mock.usage)
            #expect(rewriter.state.isFinished)
            #expect(rewriter.state.hasContent)
        }
        let events = try #require(mock.events(.chatCompletions))
        let text = events.map { String(decoding: $0, as: UTF8.self) }
        #expect(
            text.first
                == "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
                + "\"created\":5,\"model\":\"m\",\"choices\":[{\"index\":0,"
                + "\"delta\":{\"role\":\"assistant\","
                + "\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"
        )
        #expect(text.last == "data: [DONE]\n\n")
        #expect(mock.events(.embeddings) == nil)
        var silent = mock
        silent.includesUsage = false
        #expect(silent.events(.chatCompletions)?.count == events.count - 1)
    }
}
