import HTTP
import JSON
import OpenAI
import Routing
import Testing

@testable import Proxy

@Suite("What a request wishes of its routing")
struct RequestWishesTests {
    private func controls(_ body: String) throws -> RequestControls? {
        let bytes = Array(body.utf8)
        let scanner = JSONScanner()
        let facts = try RequestFacts(bytes.span.bytes, scanner: scanner)
        return try RequestControls(facts, body: bytes.span.bytes, scanner: scanner)
    }

    private func wishes(
        _ body: String,
        _ headers: [String] = [],
        model: String = "m"
    ) throws -> RequestWishes {
        let joined = try RequestControls.join(controls(body), answerFields(headers))
        return RequestWishes(try #require(joined), model: model)
    }

    @Test("is nothing where neither body nor headers say anything")
    func nothing() throws {
        let fields = try answerFields([
            "x-litellm-api-key: sk", "x-litellm-call-id: 1", "timeout: 5", "x-litellm: 1",
        ])
        #expect(try RequestControls.join(nil, fields) == nil)
    }

    @Test("joins body and headers, which win, and tags of both")
    func joined() throws {
        let found = try wishes(
            #"{"num_retries":1,"timeout":9,"stream_timeout":8,"tags":["a"]}"#,
            [
                "X-LiteLLM-Num-Retries: 4", "x-litellm-timeout: 0.5", "x-litellm-tags: b, a",
                "x-litellm-tags: c",
            ]
        )
        #expect(found.retries == 4)
        #expect(found.timeoutMS == 500)
        #expect(found.streamTimeoutMS == 8000)
        #expect(found.tags == ["a", "b", "c"])
        let fields = try answerFields(["x-litellm-stream-timeout: 2"])
        #expect(try RequestControls.join(nil, fields)?.streamTimeoutMS == 2000)
    }

    @Test("counts request_timeout like timeout, after it")
    func timeouts() throws {
        #expect(try wishes(#"{"request_timeout":2}"#).timeoutMS == 2000)
        #expect(try wishes(#"{"request_timeout":2,"timeout":3}"#).timeoutMS == 3000)
        #expect(
            try wishes(#"{"request_timeout":2}"#, ["x-litellm-timeout: 1"]).timeoutMS == 1000
        )
    }

    @Test("has the overrides of its fallbacks by their places")
    func fallbacks() throws {
        let found = try wishes(
            #"{"fallbacks":["a",{"model":"b","n":1}],"allowed_model_region":"eu","#
                + #""context_window_fallbacks":[{"m":["c"]}],"disable_fallbacks":true,"#
                + #""content_policy_fallbacks":[]}"#
        )
        #expect(found.walk.fallbacks == ["a", "b"])
        #expect(found.overrides.map(\.entries.count) == [0, 1])
        #expect(found.walk.contextWindow == ["m": ["c"]])
        #expect(found.walk.contentPolicy == [:])
        #expect(found.walk.isDisabled)
        #expect(found.region == "eu")
        let none = try wishes(#"{"num_retries":1}"#)
        #expect(none.walk.fallbacks == nil)
        #expect(none.walk.contextWindow == nil)
        #expect(!none.walk.isDisabled)
    }

    @Test("has the fallbacks of its model where the request writes rules")
    func rules() throws {
        let body = #"{"fallbacks":[{"m":["a","b"]},{"x":["c"]}]}"#
        let found = try wishes(body)
        #expect(found.walk.fallbacks == ["a", "b"])
        #expect(found.overrides.count == 2)
        #expect(try wishes(body, model: "other").walk.fallbacks == nil)
    }

    @Test("refuses headers that say nothing sensible, by their names")
    func refused() throws {
        let fields = try answerFields(["x-litellm-num-retries: lots"])
        let error = try #require(throws: OpenAIError.self) {
            _ = try RequestControls.join(nil, fields)
        }
        #expect(error.status == 400)
        #expect(error.param == "x-litellm-num-retries")
    }

    // MARK: - How a prompt begins

    private func hash(_ body: String, _ bytesMax: Int = 20) throws -> UInt64? {
        let bytes = Array(body.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        return PromptPrefix.hash(facts, bytes.span.bytes, bytesMax: bytesMax)
    }

    @Test("hashes prompts alike that begin alike")
    func prefixes() throws {
        let one = try hash(#"{"model":"a","messages":[{"content":"a long beginning, one"}]}"#)
        #expect(one != nil)
        #expect(try hash(#"{"n":1,"messages":[{"content":"a long beginning, two"}]}"#) == one)
        #expect(try hash(#"{"messages":[{"content":"another beginning"}]}"#) != one)
        #expect(try hash(#"{"system":"be","messages":[{"content":"a long beginning"}]}"#) != one)
        #expect(
            try hash(#"{"instructions":"a","input":"b"}"#)
                != hash(#"{"instructions":"b","input":"a"}"#)
        )
        #expect(try hash(#"{"messages":[]}"#) == nil)
        #expect(try hash(#"{"model":"m"}"#) == nil)
        #expect(try hash(#"{"prompt":"x"}"#, 0) == nil)
    }
}
