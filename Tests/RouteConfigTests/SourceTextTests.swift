import Testing
import YAML

@testable import RouteConfig

@Suite("Source texts of diagnostics")
struct SourceTextTests {
    private func file(_ text: String) -> SourceFile {
        SourceFile(name: "gateway.yaml", bytes: Array(text.utf8))
    }

    @Test("have the lines that splitting gives, however many there are")
    func lines() {
        for count in [1, 2, 63, 64, 65, 128, 1000] {
            let lines = (0..<count).map { "line \($0)" }
            let file = file(lines.joined(separator: "\n"))
            for number in 1...count { #expect(file.line(number) == lines[number - 1]) }
            #expect(file.line(0) == nil)
            #expect(file.line(count + 1) == nil)
        }
        let ended = file(String(repeating: "\n", count: 64))
        #expect(ended.line(64) == "")
        #expect(ended.line(65) == "")
        #expect(ended.line(66) == nil)
    }

    @Test("are not quoted from a long line on")
    func longLines() {
        let most = 65_536
        for (length, isQuoted) in [(most, true), (most + 1, false)] {
            let text = "a: 1\nb: " + String(repeating: "x", count: length - 3) + "\nc: 1\n"
            let lines = MaskedLines(files: [file(text)], secrets: SecretSet())
            #expect(lines.line(1, ofFile: 0) != nil)
            #expect((lines.line(2, ofFile: 0) != nil) == isQuoted)
            #expect((lines.line(3, ofFile: 0) != nil) == isQuoted)
        }
    }

    @Test("put the caret behind what is masked", arguments: [(1, ""), (4, "   "), (9, "       ")])
    func caret(column: Int, padding: String) {
        let line = SourceLine(Array("k: secret, y".unicodeScalars), masks: [3..<9])
        let (shown, caret) = line.quoted(column: column + (column == 9 ? 2 : 0))
        #expect(shown == "k: ***, y")
        #expect(caret == padding)
    }

    @Test("are cut in messages, after secrets in them are masked")
    func messages() {
        let sink = DiagnosticSink()
        let key = "correct-horse-battery-staple"
        var secrets = SecretSet()
        secrets.insert(key)
        let name = String(repeating: "n", count: 1010) + " " + key
        sink.error(.unknownKey, nil, "unknown key \(name)")
        let shown = DiagnosticText(files: [], secrets: secrets).render(sink.diagnostics[0])
        #expect(shown.utf8.count < 1100)
        #expect(!shown.contains("correct"))
        #expect(shown.contains("…"))
    }

    @Test("are kept for a thousand diagnostics of a kind, and the rest counted")
    func kept() {
        let sink = DiagnosticSink()
        var asked = 0
        func message(_ number: Int) -> String {
            asked += 1
            return "message \(number)"
        }
        for number in 0..<1500 { sink.warn(.unknownKey, nil, message(number)) }
        #expect(sink.leftOut == "500 warnings")
        sink.error(.unknownKey, nil, message(0))
        #expect(sink.errorCount == 1)
        #expect(sink.warningCount == 1500)
        #expect(sink.diagnostics.count == 1001)
        #expect(asked == 1001)
    }
}
