import JSON
import Testing

@testable import OpenAI

@Suite("What a request asks of the cache")
struct CacheControlsTests {
    private func controls(_ text: String, header: String? = nil) throws -> CacheControls? {
        let bytes = Array(text.utf8)
        let scanner = JSONScanner()
        let facts = try RequestFacts(bytes.span.bytes, scanner: scanner)
        var controls = try RequestControls(facts, body: bytes.span.bytes, scanner: scanner)
        if let header { try controls.take(.cacheControl, header) }
        return controls.cache
    }

    @Test("is read from the body")
    func body() throws {
        let found = try #require(
            try controls(
                #"{"cache":{"no-cache":true,"no-store":"False","ttl":"60","s-max-age":5,"#
                    + #""namespace":"n","use-cache":true,"s-maxage":null}}"#
            )
        )
        var wanted = CacheControls()
        wanted.refusesStored = true
        wanted.ttlSeconds = 60
        wanted.ageMaxSeconds = 5
        wanted.namespace = "n"
        wanted.isWanted = true
        #expect(found == wanted)
        #expect(try controls(#"{"cache":{}}"#) == CacheControls())
    }

    @Test("is read from the header, whose other directives say nothing")
    func header() throws {
        let found = try #require(
            try controls("{}", header: "max-age=0, NO-CACHE ,no-store, s-maxage=7,ttl=9, private")
        )
        var wanted = CacheControls()
        wanted.refusesStored = true
        wanted.refusesStoring = true
        wanted.ageMaxSeconds = 7
        wanted.ttlSeconds = 9
        #expect(found == wanted)
        #expect(try controls("{}", header: "max-age=0, =, ,") == nil)
    }

    @Test("is not read from directives without a name", arguments: ["=", "==", ",=", "=no-cache"])
    func nameless(_ header: String) throws {
        #expect(try controls("{}", header: header) == nil)
    }

    @Test("is the more careful of what body and header say")
    func joined() throws {
        let body = #"{"cache":{"s-maxage":5,"ttl":100,"no-store":true}}"#
        let found = try #require(try controls(body, header: "s-maxage=7, ttl=60, no-cache"))
        #expect(found.ageMaxSeconds == 5)
        #expect(found.ttlSeconds == 60)
        #expect(found.refusesStored)
        #expect(found.refusesStoring)
    }

    @Test(
        "says which part of it means nothing",
        arguments: [
            (#"{"cache":{"ttl":0}}"#, nil, "cache.ttl"),
            (#"{"cache":{"no_cache":true}}"#, nil, "cache.no_cache"),
            (#"{"cache":true}"#, nil, "cache"),
            ("{}", "ttl", "cache-control"),
            ("{}", "s-maxage=-1", "cache-control"),
        ] as [(String, String?, String)]
    )
    func wrong(_ body: String, _ header: String?, _ param: String) throws {
        let error = try #require(throws: OpenAIError.self) {
            _ = try controls(body, header: header)
        }
        #expect(error.status == 400)
        #expect(error.param == param)
    }
}

@Suite("Whether an answer may be given again")
struct AnswerCompletenessTests {
    private func isComplete(_ text: String, _ endpoint: Endpoint = .chatCompletions) -> Bool {
        let bytes = Array(text.utf8)
        return AnswerCompleteness.isComplete(bytes.rawSpan, endpoint, scanner: JSONScanner())
    }

    @Test(
        "for completions is a matter of how every choice ended",
        arguments: [
            (#"{"choices":[{"finish_reason":"stop"}]}"#, true),
            (#"{"choices":[{"finish_reason":"length"},{"finish_reason":"tool_calls"}]}"#, true),
            (#"{"error":null,"choices":[{"finish_reason":"function_call"}]}"#, true),
            (#"{"choices":[{"finish_reason":"stop"},{"finish_reason":null}]}"#, false),
            (#"{"choices":[{"finish_reason":"stop"},{}]}"#, false),
            (#"{"choices":[{"finish_reason":"content_filter"}]}"#, false),
            (#"{"choices":[{"finish_reason":"abort"}]}"#, false),
            (#"{"choices":[]}"#, false),
            (#"{"choices":{}}"#, false),
            (#"{"error":{},"choices":[{"finish_reason":"stop"}]}"#, false),
            ("{}", false), ("[]", false), ("{", false),
        ]
    )
    func completions(_ text: String, _ expected: Bool) {
        #expect(isComplete(text) == expected)
        #expect(isComplete(text, .completions) == expected)
        #expect(!isComplete(text, .responses))
    }

    @Test(
        "for embeddings is a matter of whether there are any",
        arguments: [
            (#"{"data":[{"embedding":[1]}]}"#, true), (#"{"data":[]}"#, false),
            (#"{"data":{}}"#, false), (#"{"data":[1],"error":"x"}"#, false), ("{}", false),
        ]
    )
    func embeddings(_ text: String, _ expected: Bool) {
        #expect(isComplete(text, .embeddings) == expected)
    }

    @Test(
        "for streams is a matter of all their events",
        arguments: [
            ([#"{"index":0,"finish_reason":"stop"}"#], true),
            (
                [#"{"index":0,"finish_reason":null}"#, #"{"index":0,"finish_reason":"length"}"#],
                true
            ),
            ([#"{"index":0,"finish_reason":"stop"}"#, #"{"index":1}"#], false),
            ([#"{"index":0,"finish_reason":"content_filter"}"#], false),
            ([#"{"index":64,"finish_reason":"stop"}"#], false),
            // The event is no JSON then.
            ([#"{"index":0,"del"#, #"{"index":0,"finish_reason":"stop"}"#], false),
            ([], false),
        ]
    )
    func streams(_ choices: [String], _ expected: Bool) {
        var rewriter = EventStreamRewriter(
            dialect: .chat,
            publicModel: nil,
            hidesUsage: false,
            scanner: JSONScanner()
        )
        var pieces: [StreamPiece] = []
        for choice in choices {
            let event = Array("data: {\"choices\":[\(choice)]}\n\n".utf8)
            rewriter.feed(event.rawSpan, into: &pieces)
        }
        #expect(rewriter.state.isWorthKeeping == expected)
    }
}
