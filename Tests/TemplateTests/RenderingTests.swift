import Template
import Testing
import YAML

/// What a template gives, or its first problem.
private func render(
    _ template: String,
    _ values: String = "",
    limits: TemplateLimits = TemplateLimits()
) -> Rendering {
    let document = YAMLStream(Array(values.utf8)).documents.first
    return Rendering(
        Array(template.utf8),
        values: document.map(TemplateValue.init) ?? .mapping([]),
        limits: limits
    )
}

private func text(_ template: String, _ values: String = "") -> String {
    let rendering = render(template, values)
    #expect(rendering.problems == [])
    return String(decoding: rendering.bytes, as: UTF8.self)
}

@Suite("A template")
struct RenderingTests {
    private static let values = """
        name: ada
        n: 010
        yes: yes
        date: 2024-10-21
        none: ~
        xs: [a, b]
        deep: {list: [{k: v}], "b c": spaced}
        """

    @Test(
        "leads its paths through the values",
        arguments: [
            ("{{name}}", "ada"), ("{{ this.name }}", "ada"), ("{{./name}}", "ada"),
            ("{{deep.list.[0].k}}", "v"), ("{{deep/list/0/k}}", "v"), ("{{deep.[b c]}}", "spaced"),
            ("{{xs.length}}", "2"), ("{{#each xs}}{{../name}}{{this}} {{/each}}x", "adaa adab x"),
            (
                "{{#with deep}}{{#each list}}{{@root.name}}{{../../name}}{{/each}}{{/with}}",
                "adaada"
            ),
            (
                "{{#each xs}}{{#each ../xs}}{{@../index}}{{@index}} {{/each}}{{/each}}x",
                "00 01 10 11 x"
            ),
        ]
    )
    func paths(template: String, expected: String) {
        #expect(text(template, Self.values) == expected)
    }

    @Test("keeps numbers, dates, truth values and null what they are")
    func types() {
        #expect(text("a: {{n}}", Self.values) == "a: 010")
        #expect(text("a: {{yes}}", Self.values) == "a: true")
        #expect(text("a: {{date}}", Self.values) == "a: 2024-10-21")
        #expect(text("a: {{none}}", Self.values) == "a: null")
        #expect(text("a: x{{none}}", Self.values) == "a: x")
        #expect(text("a: \"{{n}}{{none}}\"", Self.values) == "a: \"010\"")
    }

    @Test(
        "writes a text so that YAML reads it back",
        arguments: [
            ("v: {{x}}", "plain", "v: plain"), ("v: {{x}}", "a: b", "v: \"a: b\""),
            ("v: {{x}}", "yes", "v: \"yes\""), ("v: {{x}} # c", "a #b", "v: \"a #b\" # c"),
            ("v: a/{{x}}", "b", "v: a/b"), ("v: a/{{x}} ", "b # c", "v: \"a/b # c\" "),
            ("v: \\a{{x}}", "\t", "v: \"\\\\a\\t\""), ("v: '{{x}}'", "it's", "v: 'it''s'"),
            ("v: 'a''{{x}}'", "\n", "v: \"a'\\n\""),
            ("v: \"{{x}}\"", "a\"\\\n", "v: \"a\\\"\\\\\\n\""),
            ("v: [{{x}}]", "a,b", "v: [\"a,b\"]"), ("v: {{x}}", "a,b", "v: a,b"),
            ("{{x}}: 1", "a: b", "\"a: b\": 1"), ("# {{x}}\nv: 1", "a\nb: c", "# a b: c\nv: 1"),
            ("v: |\n  {{x}}\n", "a\nb\n", "v: |\n  a\n  b\n"),
            ("v: &{{x}} 1", "name", "v: &name 1"),
            ("- - |\n    {{x}}", "a\nb", "- - |\n    a\n    b"),
        ]
    )
    func escaping(template: String, value: String, expected: String) {
        let values = TemplateValue.mapping([.init("x", .string(value))])
        let rendering = Rendering(Array(template.utf8), values: values)
        #expect(rendering.problems == [])
        #expect(String(decoding: rendering.bytes, as: UTF8.self) == expected)
    }

    @Test("lets only what is raw change the structure")
    func raw() {
        #expect(text("v: {{{x}}}", "x: 'a: b'") == "v: a: b")
        #expect(
            text("v: {{&x}}\n{{{y}}}: {{x}}", "{x: '[1, 2]', y: w}") == "v: [1, 2]\nw: \"[1, 2]\""
        )
    }

    @Test("tells all that is wrong, by its place")
    func problems() {
        let rendering = render(
            "é {{a}}\n{{#each xs}}{{b}}{{/each}}\n{{foo bar}} {{name.x}}",
            Self.values
        )
        let places = rendering.problems.map { [$0.mark.line, $0.mark.column] }
        #expect(places == [[1, 5], [2, 15], [3, 1], [3, 15]])
        #expect(rendering.bytes == [])
    }

    @Test("goes without a value where a condition or an else asks for none")
    func guards() {
        #expect(text("{{#if a.b}}{{a.b}}{{/if}}x{{#unless a}}y{{/unless}}") == "xy")
        #expect(text("{{#each a}}{{this}}{{else}}none{{/each}}") == "none")
        #expect(text("{{#with a}}{{this}}{{else}}none{{/with}}") == "none")
        #expect(render("{{#each a}}{{/each}}").problems.count == 1)
        #expect(render("{{#with a}}{{/with}}").problems.count == 1)
        #expect(render("{{#if ../a}}{{/if}}").problems.count == 1)
    }

    @Test("has limits on both sides")
    func limits() {
        var limits = TemplateLimits()
        limits.iterationsMax = 2
        limits.depthMax = 2
        limits.outputBytesMax = 4
        let loop = "{{#each xs}}a{{/each}}"
        #expect(render(loop, "xs: [1, 2]", limits: limits).problems == [])
        #expect(render(loop, "xs: [1, 2, 3]", limits: limits).problems.count == 1)
        let blocks = "{{#if x}}{{#if x}}a{{/if}}{{/if}}"
        #expect(render(blocks, "x: 1", limits: limits).problems == [])
        #expect(render("{{#if x}}\(blocks){{/if}}", "x: 1", limits: limits).problems.count == 1)
        #expect(render("{{x}}b", "x: abc", limits: limits).problems == [])
        #expect(render("{{x}}bc", "x: abc", limits: limits).problems.count == 1)
        limits.problemsMax = 3
        #expect(render("{{a}}{{b}}{{c}}{{d}}", limits: limits).problems.count == 3)
        limits.piecesMax = 3
        #expect(render("{{x}}a{{x}}", "x: 1", limits: limits).problems == [])
        #expect(render("{{x}}a{{x}}b", "x: 1", limits: limits).problems.count == 1)
    }

    @Test("says that bytes are not UTF-8, and takes a byte order mark")
    func encoding() {
        let bad = Rendering(Array("a\n".utf8) + [0x62, 0xFF], values: .null)
        #expect(bad.problems.map(\.kind) == [.encoding])
        #expect(bad.problems.first?.mark == YAMLMark(file: 0, line: 2, column: 2))
        let marked = Rendering([0xEF, 0xBB, 0xBF] + Array("{{a}}".utf8), values: .mapping([]))
        #expect(marked.problems.first?.mark.column == 3)
    }

    @Test("of any pieces gives UTF-8 or problems with places in it, and ends")
    func soup() {
        let pieces = [
            "{{", "}}", "{{{", "}}}", "{{x}}", "{{{x}}}", "{{#each xs}}", "{{/each}}", "{{#if x}}",
            "{{else}}", "{{else if y}}", "{{/if}}", "{{#with m}}", "{{/with}}", "{{~", "~}}",
            "{{!--",
            "--}}", "\\", "\\{{", "{{../x}}", "{{@index}}", "{{this}}", "[", "]", "{", "}", "'",
            "\"",
            "\n", "\r\n", "  ", "- ", ": ", "k: |\n  ", "k: >-\n    ", "#", " # ", "&", "*", "!",
            "%",
            "---\n", "a", "é", "|2", "\t", ",", "? ",
        ]
        let values = TemplateValue.mapping([
            .init("x", .string("a: b\n'\" #")), .init("xs", .list([.null, .bool(true)])),
            .init("m", .mapping([.init("x", .string(""))])),
        ])
        var state: UInt64 = 42
        for _ in 0..<3000 {
            var template = ""
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                template += pieces[Int(state >> 33) % pieces.count]
            }
            let rendering = Rendering(Array(template.utf8), values: values)
            let text = String(validating: rendering.bytes, as: UTF8.self)
            #expect(text != nil, "\(template.debugDescription)")
            let lines = template.utf8.count { $0 == UInt8(ascii: "\n") } + 1
            for problem in rendering.problems {
                #expect((1...Int32(lines)).contains(problem.mark.line))
            }
        }
    }

    @Test("maps places of the text back to the template")
    func map() {
        let template = "{{#each xs}}\n- k: {{this}} # é\n  l: 'a{{this}}'\n{{/each}}\nend: 1\n"
        let rendering = render(template, "xs: ['a: b', \"it's\"]")
        let places: [(Int32, Int32)] = [
            (1, 1), (1, 6), (1, 13), (2, 3), (4, 9), (5, 1), (5, 4),
        ]
        let expected: [(Int32, Int32)] = [
            (2, 1), (2, 6), (2, 15), (3, 3), (3, 8), (5, 1), (5, 4),
        ]
        let origins = places.map {
            rendering.map.origin(of: YAMLMark(file: 3, line: $0.0, column: $0.1))
        }
        #expect(String(decoding: rendering.bytes, as: UTF8.self).hasPrefix("- k: \"a: b\" # é\n"))
        #expect(origins == expected.map { YAMLMark(file: 3, line: $0, column: $1) })
    }
}
