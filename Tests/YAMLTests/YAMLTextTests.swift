import Testing
import YAML

@Suite("Text written as YAML")
struct YAMLTextTests {
    @Test(
        "is plain where nobody can take it for anything else",
        arguments: ["a", "a b", "a:b", "a#b", "http://h:1/v1", "os.environ/KEY", "é", "a-1.5"]
    )
    func plain(text: String) {
        #expect(YAMLText.scalar(text) == text)
    }

    @Test(
        "is quoted where somebody might",
        arguments: [
            "", " a", "a ", "a: b", "a:", "a #b", "- a", "yes", "N", "NULL", "1", "1e5", "0o17",
            "1_000", "12:30", "2024-10-21", "=", "<<", "~", "*a", "&a", "!a", "%a", "@a", "`a",
            "'a'", "\"a\"", "[a", "{a", "|", ">", "a\tb", "a\nb", "\u{85}", "\u{FEFF}", "...",
        ]
    )
    func quoted(text: String) {
        let written = YAMLText.scalar(text)
        #expect(written.hasPrefix("\""))
        let read = YAMLStream(Array("k: \(written)\n".utf8))
        #expect(read.documents.first?["k"]?.scalar?.value == .string(text))
    }

    @Test("is quoted between brackets for more", arguments: ["a,b", "a:b", "a[b", "a}b", "a?b"])
    func flow(text: String) {
        #expect(YAMLText.scalar(text) == text)
        #expect(YAMLText.scalar(text, inFlow: true) == "\"\(text)\"")
    }

    @Test("has escapes for what cannot stand in a line")
    func escapes() {
        #expect(
            YAMLText.escaped("a\"\\\n\r\t\u{7}\u{2028}\u{FFFE}é")
                == #"a\"\\\n\r\t\x07\u2028\uFFFEé"#
        )
        #expect(YAMLText.escaped(" a b ", keepsEdges: true) == #"\x20a b\x20"#)
        #expect(YAMLText.escaped(" ", keepsEdges: true) == #"\x20"#)
    }
}
