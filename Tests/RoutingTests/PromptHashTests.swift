import JSON
import Testing

@testable import Routing

@Suite("The hash of a prompt's beginning")
struct PromptHashTests {
    private func hash(_ body: String, _ bytesMax: Int = 512) throws(JSONError) -> UInt64? {
        try PromptHash.hash(body: Array(body.utf8), bytesMax: bytesMax)
    }

    @Test(
        "is the same for prompts that begin alike, wherever they stand in a request",
        arguments: [
            (#"{"messages":[{"a":1},{"b":2}]}"#, #"{"model":"m","messages":[{"a":1},{"c":3}]}"#, 7),
            (#"{"prompt":"abcdef"}"#, #"{"prompt":"abcxyz","stream":true}"#, 3),
            (#"{"input":"abcdef"}"#, #"{"input":"abcxyz"}"#, 3),
            (#"{"system":"abc","messages":[1,2]}"#, #"{"messages":[1,3],"system":"abc"}"#, 5),
            (#"{"instructions":"abc","input":"x"}"#, #"{"input":"x","instructions":"abc"}"#, 9),
            // The last of several counts, as for parsers.
            (#"{"prompt":"x","prompt":"a"}"#, #"{"prompt":"a"}"#, 9),
            (#"{"messages":null,"prompt":"a"}"#, #"{"prompt":"a"}"#, 9),
        ]
    )
    func alike(first: String, second: String, bytes: Int) throws {
        let found = try hash(first, bytes)
        #expect(found != nil)
        #expect(try hash(second, bytes) == found)
    }

    @Test(
        "is another one for others",
        arguments: [
            (#"{"prompt":"abc"}"#, #"{"prompt":"abd"}"#),
            (#"{"system":"abc","messages":[1]}"#, #"{"system":"abd","messages":[1]}"#),
            (#"{"system":"abc","messages":[1]}"#, #"{"messages":[1]}"#),
            (#"{"instructions":"a","input":"b"}"#, #"{"instructions":"b","input":"a"}"#),
        ]
    )
    func different(first: String, second: String) throws {
        #expect(try hash(first) != hash(second))
    }

    @Test("is none without a prompt", arguments: ["{}", #"{"prompt":""}"#, #"{"messages":[]}"#])
    func none(body: String) throws {
        #expect(try hash(body) == nil)
        #expect(try hash(#"{"prompt":"a"}"#, 0) == nil)
    }

    @Test("is of a request's body only", arguments: ["", "[]", "text", "{\"a\":}"])
    func mistakes(body: String) {
        #expect(throws: JSONError.self) { try hash(body) }
    }
}
