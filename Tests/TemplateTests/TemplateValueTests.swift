import JSON
import Template
import Testing
import YAML

private func value(_ text: String) -> TemplateValue {
    YAMLStream(Array(text.utf8)).documents.first.map(TemplateValue.init) ?? .null
}

@Suite("Values of templates")
struct TemplateValueTests {
    @Test(
        "are merged by name, and anything else is replaced",
        arguments: [
            ("{a: {b: 1, c: 2}}", "{a: {c: 3, d: 4}}", "{a: {b: 1, c: 3, d: 4}}"),
            ("{a: [1, 2]}", "{a: [3]}", "{a: [3]}"), ("{a: {b: 1}}", "{a: 2}", "{a: 2}"),
            ("{a: 1}", "{a: {b: 2}}", "{a: {b: 2}}"), ("{a: 1}", "{a: ~}", "{a: ~}"),
            ("{b: 1, a: 1}", "{c: 1, a: 2}", "{b: 1, a: 2, c: 1}"),
        ]
    )
    func merging(first: String, second: String, expected: String) {
        #expect(value(first).merged(with: value(second)) == value(expected))
    }

    @Test(
        "can be set one by one",
        arguments: [
            ("a", "{a: x}"), ("m.k", "{m: {k: x}}"), ("n.o.p", "{n: {o: {p: x}}}"),
            ("l.0", "{l: [x, 2]}"), ("l.[2]", "{l: [1, 2, x]}"), ("m.[a.b]", "{m: {k: 1, a.b: x}}"),
        ]
    )
    func setting(path: String, expected: String) throws {
        let before = value("{m: {k: 1}, l: [1, 2], s: text}")
        let names = try #require(TemplateValue.names(in: path[...]))
        let after = before.setting(names, to: .string("x"))
        #expect(after == before.merged(with: value(expected)))
    }

    @Test(
        "cannot be set through a scalar or beyond a list",
        arguments: ["s.a", "l.3", "l.x", "l.-1"]
    )
    func refusing(path: String) throws {
        let names = try #require(TemplateValue.names(in: path[...]))
        #expect(value("{l: [1, 2], s: text}").setting(names, to: .null) == nil)
    }

    @Test(
        "have paths of names",
        arguments: ["", "a..b", ".a", "a.", "[a", "this.a", "a.this", "a b!"]
    )
    func paths(path: String) {
        #expect(TemplateValue.names(in: path[...]) == nil)
    }

    @Test("of JSON are those of YAML")
    func json() throws {
        let text = #"{"a": [1, -2.5, true, null, "x"], "b": {"c": 18446744073709551615}}"#
        #expect(TemplateValue(try JSONValue(parsing: text)) == value(text))
        // YAML 1.1 wants a dot before an exponent.
        let large = TemplateValue(try JSONValue(parsing: #"{"a": 1e300, "a": 1e100}"#))
        #expect(large == .mapping([.init("a", .plain("1.0e+100", isZero: false))]))
    }
}
