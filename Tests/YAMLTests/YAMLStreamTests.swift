import Testing
import YAML

@Suite("Streams: documents, marks, limits, errors")
struct YAMLStreamTests {
    private func stream(_ text: String) -> YAMLStream { YAMLStream(Array(text.utf8)) }

    @Test("marks every key and value with line and column, counted in code points")
    func marks() throws {
        let root = try #require(stream("a: 1\nü: {b: 漢, c: d}\n").documents.first)
        let entries = try #require(root.entries)
        #expect(entries[0].keyMark == YAMLMark(file: 0, line: 1, column: 1))
        #expect(entries[0].value.mark == YAMLMark(file: 0, line: 1, column: 4))
        let inner = try #require(entries[1].value.entries)
        #expect(inner[1].keyMark == YAMLMark(file: 0, line: 2, column: 11))
        #expect(inner[1].value.mark == YAMLMark(file: 0, line: 2, column: 14))
    }

    @Test(
        "reads a byte-order mark, CRLF, no end of line, and several documents",
        arguments: [
            ("\u{FEFF}a: 1\n", 1), ("a: 1\r\nb: 2\r\n", 1), ("a: 1", 1),
            ("a: 1\n---\na: 2\n...\n---\na: 3", 3), ("", 0), ("# only a comment\n", 0),
            ("--- \n", 1),
        ]
    )
    func forms(text: String, documents: Int) {
        let stream = stream(text)
        #expect(stream.problems.isEmpty)
        #expect(stream.documents.count == documents)
    }

    @Test("keeps anchors inside their document")
    func anchorsEnd() {
        #expect(stream("a: &x 1\n---\nb: *x").problems.first?.kind == .unknownAlias("x"))
    }

    @Test("gives libyaml's error with its mark, and the documents before it")
    func syntax() throws {
        let stream = stream("a: 1\n---\na:\n\t- b\n")
        let problem = try #require(stream.problems.first)
        #expect(problem.mark.line == 4)
        #expect(stream.documents.count == 1)
        guard case .syntax(let message, _) = problem.kind else {
            Issue.record("\(problem)")
            return
        }
        #expect(message.contains("cannot start any token"))
    }

    @Test("says where bytes are not text")
    func encoding() throws {
        let stream = YAMLStream(Array("a: 1\nbc: ".utf8) + [0xFF, 0xFE])
        let problem = try #require(stream.problems.first)
        guard case .encoding = problem.kind else {
            Issue.record("\(problem)")
            return
        }
        #expect(problem.mark == YAMLMark(file: 0, line: 2, column: 5))
    }

    @Test("stops an alias bomb by counting what aliases stand for")
    func bomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let most = YAMLLimits().nodesAlways + text.utf8.count / 2
        #expect(stream(text).problems.first?.kind == .tooManyNodes(nodesMax: most))
    }

    @Test("stops at more nodes than a text of its length has, and not before", arguments: [0, 1])
    func density(beyond: Int) {
        var limits = YAMLLimits()
        limits.nodesAlways = 3
        // 3 nodes, and one for each of the two times eight bytes.
        let text = "[a,b,c,d" + (beyond == 1 ? ",e" : "  ") + "    ]#"
        #expect(YAMLStream(Array(text.utf8), limits: limits).problems.isEmpty == (beyond == 0))
    }

    @Test("counts the levels that aliases bring", arguments: [0, 1])
    func aliasedLevels(beyond: Int) {
        var limits = YAMLLimits()
        limits.depthMax = 4
        let outer = String(repeating: "[", count: 1 + beyond)
        let text = "a: &a [x]\nb: \(outer)*a\(String(repeating: "]", count: 1 + beyond))\n"
        #expect(YAMLStream(Array(text.utf8), limits: limits).problems.isEmpty == (beyond == 0))
    }

    @Test("stops at the limits of keys and documents, and not before", arguments: [0, 1])
    func keysAndDocuments(beyond: Int) {
        var limits = YAMLLimits()
        limits.keysMax = 2
        let keys = ["a: 1\n", "b: 1\n", "c: 1\n"].prefix(2 + beyond).joined()
        let found = YAMLStream(Array(keys.utf8), limits: limits).problems.first?.kind
        #expect(found == (beyond == 0 ? nil : .tooManyKeys(keysMax: 2)))
        limits.documentsMax = 2
        let documents = String(repeating: "--- a\n", count: 2 + beyond)
        let other = YAMLStream(Array(documents.utf8), limits: limits).problems.first?.kind
        #expect(other == (beyond == 0 ? nil : .tooManyDocuments(documentsMax: 2)))
    }

    @Test("stops at the limits of depth, nodes and size, and not before", arguments: [0, 1])
    func limits(beyond: Int) {
        var limits = YAMLLimits()
        limits.depthMax = 5
        let depth = 5 + beyond
        let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(YAMLStream(Array(nested.utf8), limits: limits).problems.isEmpty == (beyond == 0))
        limits.nodesMax = 4
        let list = "[" + Array(repeating: "a", count: 3 + beyond).joined(separator: ",") + "]"
        #expect(YAMLStream(Array(list.utf8), limits: limits).problems.isEmpty == (beyond == 0))
        limits.bytesMax = 8
        let text = String(repeating: "a", count: 8 + beyond)
        #expect(YAMLStream(Array(text.utf8), limits: limits).problems.isEmpty == (beyond == 0))
    }

    @Test("refuses ten thousand levels without a crash")
    func deep() {
        let text = String(repeating: "[", count: 10_000)
        #expect(
            stream(text).problems.first?.kind == .tooDeep(depthMax: YAMLLimits().depthMax)
        )
    }

    @Test("moves marks of an embedded text")
    func shift() throws {
        var stream = stream("a: 1\na: 2\n")
        stream.shift(by: YAMLOffset(line: 10, column: 4))
        let entry = try #require(stream.documents.first?.entries?.first)
        #expect(entry.keyMark == YAMLMark(file: 0, line: 12, column: 5))
        #expect(stream.problems.first?.mark == YAMLMark(file: 0, line: 12, column: 5))
    }
}
