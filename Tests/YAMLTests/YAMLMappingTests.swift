import Testing
import YAML

@Suite("Mappings: merge keys, duplicates, aliases")
struct YAMLMappingTests {
    /// Keys and texts of a mapping, in order.
    private func pairs(_ yaml: String, _ key: String = "x") -> [String] {
        let stream = YAMLStream(Array(yaml.utf8))
        return stream.documents.first?[key]?.entries?.map {
            "\($0.key.text)=\($0.value.scalar?.text ?? "…")"
        } ?? []
    }

    @Test(
        "merges as PyYAML does: explicit keys win, then the first source of a list",
        arguments: [
            ("a: &a {p: 1, q: 2}\nx: {<<: *a, q: 3, r: 4}", ["p=1", "q=3", "r=4"]),
            ("a: &a {p: 1, q: 2}\nx: {r: 4, q: 3, <<: *a}", ["p=1", "q=3", "r=4"]),
            ("a: &a {p: 1}\nb: &b {p: 2, q: 3}\nx: {<<: [*a, *b]}", ["p=1", "q=3"]),
            ("a: &a {p: 1}\nb: &b {<<: *a, q: 2}\nx: {<<: *b}", ["p=1", "q=2"]),
            ("a: &a {p: 1}\nb: &b {p: 2}\nx: {<<: *a, <<: *b}", ["p=2"]),
            ("x: {\"<<\": 1}", ["<<=1"]),
        ]
    )
    func merges(yaml: String, expected: [String]) {
        #expect(pairs(yaml) == expected)
    }

    @Test("warns of a duplicate key and lets the last one win, in the first one's place")
    func duplicates() throws {
        let stream = YAMLStream(Array("x:\n  a: 1\n  b: 2\n  a: 3\n".utf8))
        #expect(pairs("x: {a: 1, b: 2, a: 3}") == ["a=3", "b=2"])
        let problem = try #require(stream.problems.first)
        #expect(stream.problems.count == 1)
        #expect(problem.isWarning)
        #expect(problem.mark == YAMLMark(file: 0, line: 4, column: 3))
        #expect(
            problem.kind == .duplicateKey("a", first: YAMLMark(file: 0, line: 2, column: 3))
        )
    }

    @Test("takes 1, 1.0 and true for one key, as Python does")
    func equalKeys() {
        #expect(pairs("x: {1: a, 1.0: b, true: c}") == ["1=c"])
    }

    @Test("keeps an explicit key over a merged one without a warning")
    func noWarningForMerge() {
        #expect(YAMLStream(Array("a: &a {p: 1}\nx: {p: 2, <<: *a}".utf8)).problems.isEmpty)
    }

    @Test(
        "refuses what cannot be",
        arguments: [
            ("x: *nobody", YAMLProblem.Kind.unknownAlias("nobody")),
            ("x: &a [*a]", .recursiveAlias("a")),
            ("x: {<<: 3}", .badMerge),
            ("x: {<<: [3]}", .badMerge),
            ("? [a]\n: b", .badKey),
            ("x: !custom 1", .badTag("!custom")),
            ("x: !!int abc", .badTag("tag:yaml.org,2002:int")),
        ]
    )
    func refuses(yaml: String, kind: YAMLProblem.Kind) {
        #expect(YAMLStream(Array(yaml.utf8)).problems.first?.kind == kind)
    }
}
