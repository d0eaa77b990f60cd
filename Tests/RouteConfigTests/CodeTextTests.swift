import RouteConfig
import Testing

@Suite("The texts of codes")
struct CodeTextTests {
    @Test("are there for every code, and say something", arguments: DiagnosticCode.allCases)
    func complete(code: DiagnosticCode) throws {
        let text = try #require(CodeText.all[code], "add one to CodeText+….swift")
        #expect(!text.title.hasSuffix("."))
        for sentence in [text.reason, text.remedy] {
            #expect(sentence.count > 5)
            #expect(sentence.hasSuffix("."))
        }
        #expect(!text.example.isEmpty)
        #expect(text.text(code).hasPrefix(code.text + ": " + text.title))
    }

    @Test(
        "are found by a code's text or number",
        arguments: [
            ("SG0020", .unknownKey), ("sg0020", .unknownKey), ("20", .unknownKey),
            ("SG9999", nil), ("", nil), ("SG", nil), ("unknownKey", nil), ("-1", nil),
        ] as [(String, DiagnosticCode?)]
    )
    func lookUp(text: String, code: DiagnosticCode?) {
        #expect(DiagnosticCode(text: text) == code)
    }

    @Test("make one document, in the order of the codes")
    func document() {
        var rest = CodeText.document[...]
        for code in DiagnosticCode.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let range = rest.firstRange(of: "## \(code.text)\n") else {
                Issue.record("\(code.text) is not where it belongs")
                continue
            }
            rest = rest[range.upperBound...]
        }
    }
}
