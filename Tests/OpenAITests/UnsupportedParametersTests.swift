import JSON
import Testing

@testable import OpenAI

@Suite("Parameters that a provider does not take")
struct UnsupportedParametersTests {
    private typealias Parameter = UnsupportedParameters.Parameter

    private static let unsupported = UnsupportedParameters(
        parameters: [
            Parameter("seed"), Parameter("temperature", except: .one),
            Parameter("top_p", except: .withoutReasoning),
            Parameter("n", except: .oneOrWithoutReasoning),
        ],
        renames: [.init(from: "max_tokens", to: "max_completion_tokens")]
    )

    private func rewritten(
        _ text: String,
        overrides: String = "",
        defaults: String = "",
        extraBody: String = "",
        allowed: [String] = []
    ) throws -> String {
        let bytes = Array(text.utf8)
        let scanner = JSONScanner()
        let facts = try RequestFacts(bytes.span.bytes, scanner: scanner)
        var policy = RequestPolicy()
        policy.unsupported = Self.unsupported.allowing(allowed.map { Array($0.utf8) })
        policy.overrides = try MemberTexts(parsing: Array(overrides.utf8), scanner: scanner)
        policy.defaults = try MemberTexts(parsing: Array(defaults.utf8), scanner: scanner)
        policy.extraBody = try MemberTexts(parsing: Array(extraBody.utf8), scanner: scanner)
        let edits = facts.edits(policy, body: bytes.span.bytes)
        return String(decoding: edits.apply(to: bytes.span.bytes), as: UTF8.self)
    }

    @Test(
        "are taken out but for their exceptions, and renamed where they have another name",
        arguments: [
            (#"{"a":1,"seed":1,"b":2}"#, #"{"a":1,"b":2}"#), (#"{"seed":null}"#, "{}"),
            (#"{"s\u0065ed":1,"x":{"seed":1}}"#, #"{"x":{"seed":1}}"#),
            (#"{"temperature":1}"#, #"{"temperature":1}"#),
            (#"{"temperature":1.0}"#, #"{"temperature":1.0}"#),
            (#"{"temperature":0.5}"#, "{}"), (#"{"temperature":"1"}"#, "{}"),
            (#"{"top_p":0.5}"#, #"{"top_p":0.5}"#),
            (#"{"top_p":0.5,"reasoning_effort":"low"}"#, #"{"reasoning_effort":"low"}"#),
            (
                #"{"top_p":0.5,"reasoning_effort":"none"}"#,
                #"{"top_p":0.5,"reasoning_effort":"none"}"#
            ),
            (
                #"{"reasoning_effort":null,"top_p":0.5}"#,
                #"{"reasoning_effort":null,"top_p":0.5}"#
            ),
            (#"{"n":1,"reasoning_effort":"low"}"#, #"{"n":1,"reasoning_effort":"low"}"#),
            (#"{"n":2,"reasoning_effort":"low"}"#, #"{"reasoning_effort":"low"}"#),
            (#"{"n":2}"#, #"{"n":2}"#),
            (#"{ "max_tokens" : 5 }"#, #"{ "max_completion_tokens" : 5 }"#),
            (
                #"{"max_tokens":5,"max_completion_tokens":6}"#,
                #"{"max_completion_tokens":6}"#
            ),
        ]
    )
    func bodies(body: String, expected: String) throws {
        #expect(try rewritten(body) == expected)
    }

    @Test("are none of those that are allowed by name")
    func allowed() throws {
        #expect(
            try rewritten(#"{"seed":1,"temperature":2,"max_tokens":5}"#, allowed: ["seed", "x"])
                == #"{"seed":1,"max_completion_tokens":5}"#
        )
        #expect(
            try rewritten(#"{"max_tokens":5}"#, allowed: ["max_tokens"]) == #"{"max_tokens":5}"#
        )
    }

    @Test("are no better in an override or a default, but the operator's extra body is")
    func added() throws {
        #expect(
            try rewritten("{}", overrides: #""seed":1,"temperature":1"#) == #"{"temperature":1}"#
        )
        #expect(try rewritten(#"{"seed":1,"a":2}"#, overrides: #""seed":3"#) == #"{"a":2}"#)
        #expect(
            try rewritten(#"{"temperature":1}"#, overrides: #""temperature":2"#) == "{}"
        )
        #expect(try rewritten("{}", defaults: #""seed":1,"a":2"#) == #"{"a":2}"#)
        #expect(try rewritten("{}", extraBody: #""seed":1"#) == #"{"seed":1}"#)
        // What decides is the request as it will be sent.
        #expect(
            try rewritten(#"{"top_p":0.5}"#, overrides: #""reasoning_effort":"low""#)
                == #"{"reasoning_effort":"low"}"#
        )
        #expect(
            try rewritten(#"{"top_p":0.5}"#, defaults: #""reasoning_effort":"low""#)
                == #"{"reasoning_effort":"low"}"#
        )
        #expect(
            try rewritten(
                #"{"top_p":0.5,"reasoning_effort":"low"}"#,
                overrides: #""reasoning_effort":"none""#
            ) == #"{"top_p":0.5,"reasoning_effort":"none"}"#
        )
    }

    @Test("never make one parameter two when they are renamed, nor none")
    func renamed() throws {
        for body in [
            #"{"max_tokens":5,"max_completion_tokens":null}"#,
            #"{"max_completion_tokens":null,"max_tokens":5}"#,
        ] {
            #expect(try rewritten(body) == #"{"max_completion_tokens":5}"#)
        }
        #expect(
            try rewritten("{}", defaults: #""max_tokens":5"#) == #"{"max_completion_tokens":5}"#
        )
        #expect(
            try rewritten(#"{"max_tokens":5}"#, defaults: #""max_completion_tokens":9"#)
                == #"{"max_completion_tokens":5}"#
        )
        #expect(
            try rewritten(#"{"max_completion_tokens":5}"#, defaults: #""max_tokens":9"#)
                == #"{"max_completion_tokens":5}"#
        )
        #expect(
            try rewritten(#"{"max_tokens":5}"#, overrides: #""max_completion_tokens":9"#)
                == #"{"max_completion_tokens":9}"#
        )
        #expect(
            try rewritten(#"{"max_completion_tokens":5}"#, overrides: #""max_tokens":9"#)
                == #"{"max_completion_tokens":9}"#
        )
        #expect(
            try rewritten(#"{"max_tokens":5}"#, overrides: #""max_tokens":9"#)
                == #"{"max_completion_tokens":9}"#
        )
    }
}
