import JSON
import Testing

@testable import OpenAI

@Suite("The rewrite of a body, beside a tree of values")
struct RewriteReferenceTests {
    private func rewritten(_ text: String, _ policy: RequestPolicy) throws -> String {
        let bytes = Array(text.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        let edits = facts.edits(policy, body: bytes.span.bytes)
        let result = edits.apply(to: bytes.span.bytes)
        #expect(result.count == edits.count)
        return String(decoding: result, as: UTF8.self)
    }

    @Test("drops and overrides what the tree does, however the body is written")
    func reference() throws {
        var random = RandomJSON()
        for _ in 0..<4000 {
            var reference = RewriteReference()
            reference.drops = (0..<random.below(4)).map { _ in random.path() }
            if random.chance(50) { reference.overrides = random.members(depth: 3) }
            if random.chance(50) { reference.defaults = random.members(depth: 2) }
            var members = random.members(depth: 4)
            for key in ["tags", "api_key"] where random.chance(20) {
                members.insert(.init(key, .null), at: random.below(members.count + 1))
            }
            // A member that has a whole path for its name.
            if random.chance(10), let path = reference.drops.first {
                members.append(.init(RewriteReference.text(path), .integer(1)))
            }
            let text = random.text(.object(members))
            let result = try rewritten(text, reference.policy)
            #expect(
                try JSONValue(parsing: result) == .object(reference.apply(to: members)),
                "\(text) with \(reference)"
            )
        }
    }

    @Test("leaves every byte alone that it has no word to say about")
    func bytes() throws {
        var random = RandomJSON()
        for _ in 0..<1000 {
            let body = random.text(.object(random.members(depth: 4)))
            var policy = RequestPolicy()
            policy.drop([DropPath("x"), DropPath("x.a"), DropPath("a.x"), DropPath("b[*].x.y")])
            #expect(try rewritten(body, policy) == body)
        }
    }

    private func members(_ text: String) throws -> MemberTexts {
        try MemberTexts(parsing: Array(text.utf8), scanner: JSONScanner())
    }

    @Test(
        "puts overrides where the client's members are, and the others at the end",
        arguments: [
            (
                #"{ "temperature" : 1 ,"n":2}"#, #""temperature":0.5,"top_p":1"#,
                #"{ "temperature" : 0.5 ,"n":2,"top_p":1}"#
            ),
            (
                #"{"model":"m","messages":[1, 2]}"#, #""messages":[]"#,
                #"{"model":"m","messages":[]}"#
            ),
            ("{ }", #""a":{"b" : 1}"#, #"{ "a":{"b" : 1}}"#),
            // Not what would be taken out of the client's body.
            (#"{"n":1}"#, #""metadata":{},"cache":{},"x":1"#, #"{"n":1,"x":1}"#),
            // A default is for where nobody said anything.
            (#"{"n":1}"#, #""seed":7"#, #"{"n":1,"seed":7}"#),
            (#"{"seed":2}"#, #""seed":null"#, #"{"seed":null}"#),
        ]
    )
    func overrides(body: String, overrides: String, expected: String) throws {
        var policy = RequestPolicy()
        policy.overrides = try members(overrides)
        if expected.contains("seed") { policy.defaults = try members(#""seed":1"#) }
        #expect(try rewritten(body, policy) == expected)
    }

    @Test("keeps an override's metadata where the endpoint has it, and lets drops win over all")
    func overridesAndOthers() throws {
        var policy = RequestPolicy(model: Array("\"up\"".utf8))
        policy.keptFields = Endpoint.responses.keptFields
        policy.overrides = try members(#""metadata":{"a":1,"b":2},"seed":1,"n":2"#)
        policy.drop([DropPath("seed"), DropPath("metadata.a")])
        #expect(
            try rewritten(#"{"model":"m","seed":0}"#, policy)
                == #"{"model":"up","metadata":{"b":2},"n":2}"#
        )
        #expect(
            try rewritten(#"{"metadata":{"a":3},"model":"m"}"#, policy)
                == #"{"metadata":{"b":2},"model":"up","n":2}"#
        )
    }

    @Test("does not ask for usage where an override says what is to be streamed")
    func streamOptions() throws {
        var policy = RequestPolicy()
        policy.asksForUsage = true
        policy.overrides = try members(#""stream_options":{"include_usage":false}"#)
        #expect(
            try rewritten(#"{"stream":true,"stream_options":null}"#, policy)
                == #"{"stream":true,"stream_options":{"include_usage":false}}"#
        )
        #expect(
            try rewritten(#"{"stream":true}"#, policy)
                == #"{"stream":true,"stream_options":{"include_usage":false}}"#
        )
    }
}
