import JSON
import OpenAI
import Testing

@Suite("Drop paths")
struct DropPathTests {
    private func dropped(_ text: String, _ paths: [String]) throws -> String {
        let bytes = Array(text.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        var policy = RequestPolicy()
        policy.drop(paths.map { DropPath($0) })
        let edits = facts.edits(policy, body: bytes.span.bytes)
        return String(decoding: edits.apply(to: bytes.span.bytes), as: UTF8.self)
    }

    @Test(
        "point to nested members where they can, and are plain names where they cannot",
        arguments: [
            ("a", false), ("a.b", true), ("a[0].b", true), ("a[*].b", true), ("a[*][0].b.c", true),
            ("a[0]", false), ("a[*]", false), ("a.b[1]", false), ("[0].a", false),
            ("a[-1].b", false), ("a[x].b", false), ("a[0.b", false), ("", false), (".", false),
            ("a..b", true),
            ((0...40).map { "k\($0)" }.joined(separator: "."), false),
        ]
    )
    func forms(text: String, isNested: Bool) {
        let path = DropPath(text)
        #expect(path.isNested == isNested)
        #expect(path.name == Array(text.utf8))
    }

    @Test(
        "take out exactly what they point to",
        arguments: [
            (#"{"a":{"b":1,"c":2}}"#, ["a.b"], #"{"a":{"c":2}}"#),
            (#"{"a":{"c":2, "b" : 1 }}"#, ["a.b"], #"{"a":{"c":2 }}"#),
            (#"{"a":{"b":1}}"#, ["a.b"], #"{"a":{}}"#),
            (#"{"a":{ "b":1,"c":2 }}"#, ["a.b", "a.c"], #"{"a":{  }}"#),
            (
                #"{"a":[{"b":1},{"b":2,"c":3},4,[{"b":5}]]}"#, ["a[*].b"],
                #"{"a":[{},{"c":3},4,[{"b":5}]]}"#
            ),
            (#"{"a":[{"b":1},{"b":2}]}"#, ["a[1].b"], #"{"a":[{"b":1},{}]}"#),
            (
                #"{"a":[{"b":1,"c":2,"d":3,"e":4}]}"#, ["a[*].c", "a[0].d", "a[0].b"],
                #"{"a":[{"e":4}]}"#
            ),
            (
                #"{"a":[{"e":0,"b":1,"c":2,"d":3}]}"#, ["a[*].c", "a[0].d", "a[0].b"],
                #"{"a":[{"e":0}]}"#
            ),
            (#"{"a":[[{"b":1}],[{"b":2}]]}"#, ["a[*][0].b"], #"{"a":[[{}],[{}]]}"#),
            (#"{"a":{"b":{"c":1}}}"#, ["a.b.c", "a.b"], #"{"a":{}}"#),
            (#"{"a":{"b":1,"b":2,"c":3}}"#, ["a.b"], #"{"a":{"c":3}}"#),
            (#"{"\u0061":{"\u0062":1,"c":2}}"#, ["a.b"], #"{"\u0061":{"c":2}}"#),
            (#"{"a":[{"b":"}],\"b\":1"}]}"#, ["a[*].c"], #"{"a":[{"b":"}],\"b\":1"}]}"#),
            (#"{"x":1,"a":{"b":1},"y":2}"#, ["x", "a.b", "y"], #"{"a":{}}"#),
        ]
    )
    func deletions(text: String, paths: [String], expected: String) throws {
        #expect(try dropped(text, paths) == expected)
    }

    @Test(
        "leave alone what is not as they say",
        arguments: [
            (#"{"a":[{"b":1}]}"#, "a.b"), (#"{"a":{"b":1}}"#, "a[0].b"), (#"{"a":"b"}"#, "a.b"),
            (#"{"a":[{"b":1}]}"#, "a[1].b"), (#"{"a":[{"b":1}]}"#, "a[0]"),
            (#"{"b":{"a":1}}"#, "a.b"),
            (#"{"model":"a.b"}"#, "model.a"),
        ]
    )
    func untouched(text: String, path: String) throws {
        #expect(try dropped(text, [path]) == text)
    }

    @Test("are names first: a member of that very name goes, and nothing else")
    func literalNames() throws {
        #expect(try dropped(#"{"a.b":1,"a":{"b":2}}"#, ["a.b"]) == #"{"a":{"b":2}}"#)
        #expect(try dropped(#"{"a[0]":1,"a":[1]}"#, ["a[0]"]) == #"{"a":[1]}"#)
    }

    @Test("reach into members that are added, too")
    func added() throws {
        let bytes = Array(#"{"model":"m"}"#.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        var policy = RequestPolicy()
        policy.defaults = try MemberTexts(
            parsing: Array(#""a":{"b":1,"c":2}"#.utf8),
            scanner: JSONScanner()
        )
        policy.drop([DropPath("a.b")])
        let edits = facts.edits(policy, body: bytes.span.bytes)
        let result = String(decoding: edits.apply(to: bytes.span.bytes), as: UTF8.self)
        #expect(result == #"{"model":"m","a":{"c":2}}"#)
    }

    @Test("into stream_options keep the gateway from asking for usage there")
    func streamOptions() throws {
        let text = #"{"stream":true,"stream_options":{"include_usage":false,"x":1}}"#
        let bytes = Array(text.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        var policy = RequestPolicy()
        policy.asksForUsage = true
        policy.drop([DropPath("stream_options.include_usage")])
        #expect(!facts.hidesUsage(policy))
        let edits = facts.edits(policy, body: bytes.span.bytes)
        let result = String(decoding: edits.apply(to: bytes.span.bytes), as: UTF8.self)
        #expect(result == #"{"stream":true,"stream_options":{"x":1}}"#)
    }
}
