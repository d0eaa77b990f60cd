import JSON
import Testing

@testable import OpenAI

@Suite("RequestControls of forms and headers")
struct ControlFormTests {
    private static let type = "multipart/form-data; boundary=b"

    private static func form(_ fields: [(String, String)]) -> [UInt8] {
        let parts = fields.map { name, value in
            "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        return Array((parts.joined() + "--b--\r\n").utf8)
    }

    private func controls(_ fields: [(String, String)]) throws -> RequestControls {
        let bytes = Self.form(fields)
        return try RequestControls(
            try MultipartFacts(bytes.span.bytes, contentType: Self.type),
            body: bytes.span.bytes,
            scanner: JSONScanner()
        )
    }

    @Test("are read from bare values, JSON, commas and lists in pieces")
    func reads() throws {
        let found = try controls([
            ("model", "m"), ("num_retries", "3"),
            ("timeout", "2.5"), ("drop_params", "true"), ("disable_fallbacks", "false"),
            ("fallbacks", "a, b"), ("tags", "x,y"), ("tags[]", "z"), ("tags[]", "x"),
            ("metadata", #"{"tags":["m1"]}"#), ("metadata[tags][]", "m2"), ("metadata[user]", "u"),
            ("additional_drop_params", #"["a.b"]"#), ("allowed_openai_params[]", "tools"),
            ("context_window_fallbacks", #"[{"m":["c"]}]"#), ("stream_timeout", ""),
        ])
        #expect(found.numRetries == 3)
        #expect(found.timeoutMS == 2500)
        #expect(found.streamTimeoutMS == nil)
        #expect(found.dropParams == true)
        #expect(!found.disablesFallbacks)
        #expect(found.fallbacks?.map(\.name) == ["a", "b"])
        #expect(found.tags.sorted() == ["m1", "m2", "x", "y", "z"])
        #expect(found.additionalDropParams == [DropPath("a.b")])
        #expect(found.allowedOpenAIParams == [Array("tools".utf8)])
        #expect(found.contextWindowFallbacks?.byModel == ["m": ["c"]])
    }

    @Test(
        "are refused where they are wrong",
        arguments: [
            ("num_retries", "x"), ("timeout", "-1"), ("drop_params", "maybe"), ("tags", "[1]"),
            ("tags", "["), ("metadata", "x"), ("metadata", "[]"), ("num_retries[]", "1"),
            ("fallbacks", #"[{"model":"a","temperature":"1"}]"#),
        ]
    )
    func refused(name: String, value: String) throws {
        let error = try #require(throws: OpenAIError.self) { _ = try controls([(name, value)]) }
        #expect(error.status == 400)
        #expect(error.param == name.split(separator: "[").first.map(String.init))
    }

    @Test("never reach the upstream, however their parts are named")
    func takenOut() throws {
        let kept = [("model", "m"), ("file", "x"), ("timestamp_granularities[]", "word")]
        let taken = [
            ("tags[]", "a"), ("metadata[user]", "u"), ("num_retries", "1"), ("fallbacks", "a"),
            ("metadata[tags][]", "b"), ("api_key", "sk"), ("timeout[x]", "1"),
        ]
        for place in 0...kept.count {
            var fields = kept
            fields.insert(contentsOf: taken, at: place)
            let bytes = Self.form(fields)
            let facts = try MultipartFacts(bytes.span.bytes, contentType: Self.type)
            let edits = facts.edits(model: nil, body: bytes.span.bytes)
            #expect(edits.apply(to: bytes.span.bytes) == Self.form(kept))
        }
    }

    @Test("name parts that are dropped, lists by their names, but never the model")
    func dropped() throws {
        let bytes = Self.form([
            ("seed", "1"), ("model", "m"), ("list[]", "1"), ("list[]", "2"), ("n", "3"),
        ])
        let facts = try MultipartFacts(bytes.span.bytes, contentType: Self.type)
        let dropped = ["seed", "list", "model", "nothing"].map { Array($0.utf8) }
        let edits = facts.edits(model: Array("up".utf8), dropping: dropped, body: bytes.span.bytes)
        #expect(edits.apply(to: bytes.span.bytes) == Self.form([("model", "up"), ("n", "3")]))
        let all = facts.edits(
            model: nil,
            dropping: dropped + [Array("n".utf8)],
            body: bytes.span.bytes
        )
        #expect(all.apply(to: bytes.span.bytes) == Self.form([("model", "m")]))
    }

    @Test("of headers win over the body's, and tags are joined")
    func headers() throws {
        var controls = RequestControls.none
        controls.numRetries = 1
        try controls.add(tags: ["a"], "tags")
        try controls.take(.numRetries, " 5 ")
        try controls.take(.timeout, "0.5")
        try controls.take(.streamTimeout, "2")
        try controls.take(.tags, "b, a ,c,")
        try controls.take(.timeout, "")
        #expect(controls.numRetries == 5)
        #expect(controls.timeoutMS == 500)
        #expect(controls.streamTimeoutMS == 2000)
        #expect(controls.tags == ["a", "b", "c"])
    }

    @Test(
        "of headers are refused by their names",
        arguments: [
            (.numRetries, "many"), (.numRetries, "101"), (.timeout, "-1"), (.streamTimeout, "1 s"),
            (.tags, String(repeating: "t", count: 129)),
        ] as [(RequestControls.Header, String)]
    )
    func refusedHeaders(header: RequestControls.Header, value: String) throws {
        var controls = RequestControls.none
        let error = try #require(throws: OpenAIError.self) { try controls.take(header, value) }
        #expect(error.status == 400)
        #expect(error.param == header.rawValue)
    }
}
