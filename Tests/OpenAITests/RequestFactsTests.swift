import JSON
import OpenAI
import TestSupport
import Testing

@Suite("RequestFacts")
struct RequestFactsTests {
    private func facts(_ text: String) throws -> RequestFacts {
        let bytes = Array(text.utf8)
        return try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
    }

    @Test("reads model, stream and members from one pass")
    func reads() throws {
        let text = #"{"messages":[{"model":"no"}],"mod\u0065l":"gp\u0074-4o","stream":true,"n":2}"#
        let facts = try facts(text)
        #expect(facts.model == Array("gpt-4o".utf8))
        #expect(facts.isStream)
        #expect(facts.streamUsage == .absent)
        #expect(facts.member(.n)?.kind == .number)
        #expect(facts.member(.messages)?.kind == .array)
        #expect(facts.member(.user) == nil)
        #expect(!facts.hasCredentials)
        #expect(facts.members.count == 4)
    }

    @Test("has no model when there is none, or null")
    func noModel() throws {
        #expect(try facts("{}").model == nil)
        let null = try facts(#"{"model":null}"#)
        #expect(null.model == nil)
        #expect(null.modelValue == 9..<13)
    }

    @Test(
        "refuses what it cannot serve, with the parameter to blame",
        arguments: [
            (#"{"model":"a","model":"b"}"#, "model"), (#"{"model":"a","mod\u0065l":"b"}"#, "model"),
            (#"{"model":1}"#, "model"), (#"{"model":["a"]}"#, "model"),
            (#"{"model":"\ud800"}"#, "model"), ("[]", "request_body"), ("", "request_body"),
            ("{", "request_body"), ("{\"a\":\"\u{1}\"}", "request_body"),
            (#"{"mock_testing_fallbacks":true}"#, "mock_testing_fallbacks"),
        ]
    )
    func refused(text: String, param: String) throws {
        let error = try #require(throws: OpenAIError.self) { _ = try facts(text) }
        #expect(error.status == 400)
        #expect(error.param == param)
        #expect(error.type == "invalid_request_error")
    }

    @Test("finds a client's own credentials", arguments: ["api_key", "api_base", "base_url"])
    func credentials(key: String) throws {
        #expect(try facts("{\"\(key)\":\"x\"}").hasCredentials)
    }
}

@Suite("BodyEdits and RequestPolicy")
struct RequestPlanTests {
    private func edited(_ text: String, _ policy: RequestPolicy) throws -> String {
        let bytes = Array(text.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        let edits = facts.edits(policy, body: bytes.span.bytes)
        let result = edits.apply(to: bytes.span.bytes)
        #expect(result.count == edits.count)
        return String(decoding: result, as: UTF8.self)
    }

    private func members(_ text: String) throws -> MemberTexts {
        try MemberTexts(parsing: Array(text.utf8), scanner: JSONScanner())
    }

    @Test("leaves a body alone that is as the upstream wants it")
    func untouched() throws {
        let text =
            Array(
                " {\"model\" : \"m\",\n \"messages\":[ ], \"stream\":true,"
                    .utf8
            ) + Array("\"stream_options\":{\"include_usage\":true}} \n".utf8)
        let facts = try RequestFacts(text.span.bytes, scanner: JSONScanner())
        var policy = RequestPolicy(model: Array("\"m\"".utf8))
        policy.asksForUsage = true
        let edits = facts.edits(policy, body: text.span.bytes)
        #expect(edits.isEmpty)
        #expect(edits.segments() == [.body(0..<text.count)])
        #expect(!facts.hidesUsage(policy))
    }

    @Test("replaces the model's value and nothing else")
    func model() throws {
        let policy = RequestPolicy(model: Array("\"up\"".utf8))
        #expect(
            try edited(#"{ "a":1, "model" : "m" , "b":2}"#, policy)
                == #"{ "a":1, "model" : "up" , "b":2}"#
        )
        #expect(try edited("{}", policy) == #"{"model":"up"}"#)
        #expect(try edited(#"{"model":null}"#, policy) == #"{"model":"up"}"#)
        #expect(try edited(#"{"n":1}"#, policy) == #"{"n":1,"model":"up"}"#)
    }

    @Test(
        "takes members out with the right comma",
        arguments: [
            (#"{"api_key":1}"#, "{}"), (#"{"api_key":1,"n":2}"#, #"{"n":2}"#),
            (#"{"n":2,"api_key":1}"#, #"{"n":2}"#),
            (#"{"n":2 , "api_key" : 1 , "a":3}"#, #"{"n":2 , "a":3}"#),
            (#"{"api_key":1,"tags":[],"cache":{}}"#, "{}"),
            (#"{"api_key":1,"tags":[],"n":1,"cache":{},"ttl":1}"#, #"{"n":1}"#),
            (#"{"n":1,"api_\u006bey":"x"}"#, #"{"n":1}"#),
            (#"{"mock_response":"x","metadata":{},"n":1,"n":2}"#, #"{"n":1,"n":2}"#),
        ]
    )
    func deletions(text: String, wanted: String) throws {
        #expect(try edited(text, RequestPolicy()) == wanted)
    }

    @Test("keeps the metadata of endpoints that have it, and drops what a deployment cannot take")
    func keptAndDropped() throws {
        var policy = RequestPolicy()
        policy.keptFields = Endpoint.responses.keptFields
        policy.drop([DropPath("seed"), DropPath("model")])
        #expect(
            try edited(#"{"metadata":{},"seed":1,"model":"m"}"#, policy)
                == #"{"metadata":{},"model":"m"}"#
        )
    }

    @Test("adds defaults and extra members that the client did not send")
    func defaults() throws {
        var policy = RequestPolicy()
        policy.defaults = try members(#""temperature":0.5,"top_p":1"#)
        policy.extraBody = try members(#""top_p":2,"x":{"a":[1]}"#)
        #expect(
            try edited(#"{"temperatur\u0065":1 }"#, policy)
                == #"{"temperatur\u0065":1 ,"top_p":1,"x":{"a":[1]}}"#
        )
        #expect(
            try edited(#"{"tags":[]}"#, policy)
                == #"{"temperature":0.5,"top_p":1,"x":{"a":[1]}}"#
        )
    }

    @Test(
        "asks a stream for its usage",
        arguments: [
            (
                #"{"stream":true}"#, #"{"stream":true,"stream_options":{"include_usage":true}}"#,
                true
            ),
            (#"{"stream":false}"#, #"{"stream":false}"#, false), ("{}", "{}", false),
            (
                #"{"stream":true,"stream_options":{}}"#,
                #"{"stream":true,"stream_options":{"include_usage":true}}"#, true
            ),
            (
                #"{"stream":true,"stream_options":{ "x":1}}"#,
                #"{"stream":true,"stream_options":{"include_usage":true, "x":1}}"#, true
            ),
            (
                #"{"stream":true,"stream_options":null}"#,
                #"{"stream":true,"stream_options":{"include_usage":true}}"#, true
            ),
            (
                #"{"stream_options":{"include_usage":false},"stream":true}"#,
                #"{"stream_options":{"include_usage":true},"stream":true}"#, true
            ),
            (
                #"{"stream":true,"stream_options":[1]}"#, #"{"stream":true,"stream_options":[1]}"#,
                false
            ),
        ]
    )
    func usage(text: String, wanted: String, hides: Bool) throws {
        var policy = RequestPolicy()
        policy.asksForUsage = true
        #expect(try edited(text, policy) == wanted)
        let bytes = Array(text.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        #expect(facts.hidesUsage(policy) == hides)
    }

    @Test("leaves stream_options to a configuration that sets them")
    func configuredOptions() throws {
        var policy = RequestPolicy()
        policy.asksForUsage = true
        policy.defaults = try members(#""stream_options":{"include_usage":false}"#)
        #expect(
            try edited(#"{"stream":true}"#, policy)
                == #"{"stream":true,"stream_options":{"include_usage":false}}"#
        )
    }

    @Test("edits random bodies to what a tree of values says")
    func reference() throws {
        var random = SeededRandom.make()
        let keys = ["model", "tags", "n", "api_key", "x", "stream", "cache", "seed", "temperature"]
        let values = ["1", "\"m\"", "[1, {\"a\":\"}\"}]", "{ }", "null", "\"é\\n\""]
        var policy = RequestPolicy(model: Array("\"up\"".utf8))
        policy.defaults = try members(#""temperature":0.5,"y":{"z":[]}"#)
        policy.drop([DropPath("seed")])
        policy.asksForUsage = true
        for _ in 0..<3000 {
            var chosen = Array(
                keys.shuffled(using: &random).prefix(Int.random(in: 0...9, using: &random))
            )
            if Bool.random(using: &random) { chosen.append("x") }
            let space = ["", " ", "\n\t"].randomElement(using: &random) ?? ""
            let text = chosen.map { key in
                let value =
                    switch key {
                    case "model": "\"m\""
                    case "stream": Bool.random(using: &random) ? "true" : "false"
                    default: values.randomElement(using: &random) ?? "1"
                    }
                return "\(space)\"\(key)\"\(space):\(space)\(value)\(space)"
            }
            let body = "{\(text.joined(separator: ","))\(space)}"
            let result = Array(try edited(body, policy).utf8)
            let tree = try JSONValue(parsing: result.span.bytes)
            #expect(tree == (try Self.expected(body)), "\(body)")
        }
    }

    /// What the policy of `reference` makes of a body, the slow way.
    private static func expected(_ body: String) throws -> JSONValue {
        let bytes = Array(body.utf8)
        guard case .object(var members) = try JSONValue(parsing: bytes.span.bytes) else {
            return .null
        }
        let sent = Set(members.map(\.key))
        members.removeAll { ["tags", "api_key", "cache", "seed"].contains($0.key) }
        if let place = members.firstIndex(where: { $0.key == "model" }) {
            members[place].value = .string("up")
        } else {
            members.append(.init("model", .string("up")))
        }
        if !sent.contains("temperature") { members.append(.init("temperature", .number(0.5))) }
        members.append(.init("y", .object([.init("z", .array([]))])))
        if members.contains(.init("stream", .bool(true))) {
            members.append(
                .init("stream_options", .object([.init("include_usage", .bool(true))]))
            )
        }
        return .object(members)
    }
}
