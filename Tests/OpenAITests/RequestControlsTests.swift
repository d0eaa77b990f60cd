import JSON
import Testing

@testable import OpenAI

@Suite("RequestControls")
struct RequestControlsTests {
    private func controls(
        _ text: String,
        _ endpoint: Endpoint = .chatCompletions
    ) throws -> RequestControls {
        let bytes = Array(text.utf8)
        let scanner = JSONScanner()
        return try RequestControls(
            try RequestFacts(bytes.span.bytes, scanner: scanner),
            body: bytes.span.bytes,
            keptFields: endpoint.keptFields,
            scanner: scanner
        )
    }

    private func error(_ text: String) throws -> OpenAIError {
        let error = try #require(throws: OpenAIError.self, "\(text)") { _ = try controls(text) }
        #expect(error.status == 400)
        #expect(error.type == "invalid_request_error")
        return error
    }

    @Test("are none for a request that says nothing, and its facts know that")
    func nothing() throws {
        for text in ["{}", #"{"model":"m","messages":[],"guardrails":{},"max_retries":1}"#] {
            let bytes = Array(text.utf8)
            let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
            #expect(!facts.hasControls)
            #expect(try controls(text) == .none)
        }
    }

    @Test(
        "count null as absent",
        arguments: RequestField.allCases.filter(\.isControl).map(\.rawValue)
    )
    func null(field: String) throws {
        #expect(try controls(#"{"\#(field)":null}"#) == .none)
        _ = try error(#"{"\#(field)":-1}"#)
    }

    @Test(
        "take a number of retries",
        arguments: [("0", 0), ("100", 100), ("2.0", 2), (#""3""#, 3), ("1e1", 10)]
    )
    func retries(value: String, expected: Int) throws {
        #expect(try controls(#"{"num_retries":\#(value)}"#).numRetries == expected)
    }

    @Test(
        "take seconds as numbers and texts, and 0 as none",
        arguments: [
            ("30", 30_000), ("0.5", 500), (#""2.5""#, 2500), (#""7""#, 7000), ("86400", 86_400_000),
            ("0.0001", 1), ("0", nil), ("0.0", nil), (#""0""#, nil),
        ] as [(String, Int?)]
    )
    func seconds(value: String, expected: Int?) throws {
        #expect(try controls(#"{"timeout":\#(value)}"#).timeoutMS == expected)
        #expect(try controls(#"{"request_timeout":\#(value)}"#).requestTimeoutMS == expected)
        #expect(try controls(#"{"stream_timeout":\#(value)}"#).streamTimeoutMS == expected)
    }

    @Test("take flags, lists and words")
    func others() throws {
        let found = try controls(
            #"{"disable_fallbacks":true,"drop_params":"False","allowed_model_region":"eu","#
                + #""additional_drop_params":["a","b[*].c"],"allowed_openai_params":["tools"]}"#
        )
        #expect(found.disablesFallbacks)
        #expect(found.dropParams == false)
        #expect(found.allowedModelRegion == "eu")
        #expect(found.additionalDropParams == [DropPath("a"), DropPath("b[*].c")])
        #expect(found.allowedOpenAIParams == [Array("tools".utf8)])
    }

    @Test("join the tags of three places, each once")
    func tags() throws {
        let found = try controls(
            #"{"metadata":{"x":[{"tags":["no"]}],"tags":["a","b"]},"tags":["b","c",""],"#
                + #""litellm_metadata":{"t\u0061gs":["d","a"]}}"#
        )
        #expect(found.tags == ["a", "b", "c", "d"])
        let most = (0..<64).map { #""\#($0)""# }.joined(separator: ",")
        #expect(try controls(#"{"tags":[\#(most)],"metadata":{"tags":["0"]}}"#).tags.count == 64)
        let error = try error(#"{"tags":[\#(most)],"metadata":{"tags":["more"]}}"#)
        #expect(error.param == "metadata.tags")
    }

    @Test("leave metadata alone where it is the endpoint's own, but for tags")
    func ownMetadata() throws {
        for endpoint in [Endpoint.responses, .messages] {
            for metadata in ["7", "[]", #""a""#, #"{"tags":"a"}"#, #"{"tags":[1]}"#, "{}"] {
                #expect(try controls(#"{"metadata":\#(metadata)}"#, endpoint) == .none)
            }
            #expect(try controls(#"{"metadata":{"tags":["a"]}}"#, endpoint).tags == ["a"])
            #expect(throws: OpenAIError.self) {
                _ = try controls(#"{"litellm_metadata":7}"#, endpoint)
            }
        }
        #expect(try error(#"{"metadata":7}"#).param == "metadata")
        #expect(try error(#"{"metadata":{"tags":"a"}}"#).param == "metadata.tags")
    }

    private static let long = #"""# + String(repeating: "n", count: 513) + #"""#
    private static let seventeen =
        "[" + (0..<17).map { #""m\#($0)""# }.joined(separator: ",") + "]"

    @Test(
        "refuse what is of a wrong type or out of range, and say what",
        arguments: [
            ("num_retries", ["101", "1.5", "true", "[]", #""x""#, #""""#, "1e99"]),
            ("timeout", ["86401", #""soon""#, #""nan""#, #""inf""#, "true", "[1]", "{}", #""""#]),
            ("request_timeout", ["-0.1", "[]"]), ("stream_timeout", ["1e9", "false"]),
            (
                "fallbacks",
                [
                    #""a""#, "{}", "[1]", "[null]", "[{}]", #"[{"model":1}]"#, #"[{"model":""}]"#,
                    #"[""]"#, #"["a",{"b":["c"]}]"#, "[[]]", #"["\ud800"]"#, "[\(long)]", seventeen,
                    #"[{"temperature":1}]"#,
                ]
            ),
            (
                "context_window_fallbacks",
                [
                    #"["a"]"#, "{}", #"[{"a":"b"}]"#, #"[{"a":[1]}]"#, #"[{"a":[""]}]"#,
                    #"[{"a":["b"],"c":["d"]}]"#, #"[{"":["b"]}]"#, #"[{"a":\#(seventeen)}]"#,
                ]
            ),
            ("content_policy_fallbacks", [#""a""#, #"[{"model":"a"}]"#]),
            ("disable_fallbacks", ["1", #""yes""#, "[]"]), ("drop_params", ["0", #"["a"]"#]),
            (
                "tags",
                [
                    #""a""#, "[1]", "{}", #"["a",null]"#,
                    #"[""# + String(repeating: "t", count: 129) + #""]"#,
                    "[" + (0..<65).map { #""\#($0)""# }.joined(separator: ",") + "]",
                ]
            ),
            ("additional_drop_params", [#""a""#, "[1]", #"[""]"#, "[\(long)]"]),
            ("allowed_openai_params", [#""a""#, "[true]"]),
            ("allowed_model_region", [#""""#, "1", "[]"]), ("litellm_metadata", ["[]", #""a""#]),
        ] as [(String, [String])]
    )
    func refused(field: String, values: [String]) throws {
        for value in values {
            let error = try error(#"{"model":"m","\#(field)":\#(value)}"#)
            #expect(error.param == field, "\(value)")
            #expect(error.message.contains(field), "\(value)")
        }
    }

    // MARK: - Fallbacks

    @Test("take fallbacks as names, and as objects whose members replace the request's")
    func fallbacks() throws {
        let found = try controls(
            #"{"model":"m","fallbacks":["a",{"temperature":0.5,"mod\u0065l":"b/c","#
                + #""messages":[{"role":"user"}],"stream":false},{"model":"d"}]}"#
        )
        let targets = try #require(found.fallbacks)
        #expect(targets.map(\.name) == ["a", "b/c", "d"])
        #expect(targets.map(\.overrides.isEmpty) == [true, false, true])
        #expect(
            targets[1].overrides.entries.map { String(decoding: $0.text, as: UTF8.self) }
                == [#""temperature":0.5"#, #""messages":[{"role":"user"}]"#]
        )
        #expect(found.fallbacks(of: "m") == targets)
        #expect(try controls(#"{"fallbacks":[]}"#).fallbacks(of: "m") == [])
        #expect(RequestControls.none.fallbacks(of: "m") == nil)
    }

    @Test("take fallbacks in the configuration's shape, the first rule of a name")
    func rules() throws {
        let rules = #"[{"m":["a","b"]},{"*":["c"]},{"m":["d"]},{"n":[]}]"#
        let found = try controls(
            #"{"fallbacks":\#(rules),"context_window_fallbacks":\#(rules),"#
                + #""content_policy_fallbacks":[]}"#
        )
        #expect(found.fallbacks == nil)
        #expect(found.fallbacks(of: "m")?.map(\.name) == ["a", "b"])
        #expect(found.fallbacks(of: "n") == [])
        #expect(found.fallbacks(of: "x")?.map(\.name) == ["c"])
        #expect(
            found.contextWindowFallbacks?.byModel == ["m": ["a", "b"], "*": ["c"], "n": []]
        )
        #expect(found.contentPolicyFallbacks == [])
        // Nothing for a model that no rule names: the table's fallbacks stay.
        #expect(try controls(#"{"fallbacks":[{"m":["a"]}]}"#).fallbacks(of: "x") == nil)
    }

    @Test(
        "refuse what a fallback must not set",
        arguments: [
            #""api_key":"sk""#, #""api_base":"http://x""#, #""base_url":"x""#,
            #""api_version":"1""#,
            #""mock_response":"x""#, #""mock_tool_calls":[]"#, #""mock_timeout":true"#,
            #""mock_testing_fallbacks":true"#, #""num_retries":1"#, #""fallbacks":[]"#,
            #""tags":[]"#, #""drop_params":true"#, #""stream":true"#, #""api_\u006bey":"sk""#,
        ]
    )
    func overrides(member: String) throws {
        _ = try error(#"{"fallbacks":["a",{"model":"b",\#(member)}]}"#)
    }
}
