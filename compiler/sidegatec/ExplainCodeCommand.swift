internal import ArgumentParser
internal import RouteConfig

/// `sidegatec explain-code SG0020`.
struct ExplainCodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain-code",
        abstract: "Print what a diagnostic's code means, and what to do."
    )

    @Argument(
        help: "Codes, such as SG0020.",
        completion: .list(DiagnosticCode.allCases.map(\.text))
    )
    var codes: [String] = []

    @Flag(help: "Print all of them, as a document.")
    var all = false

    func validate() throws {
        if all != codes.isEmpty { throw ValidationError("Give codes, or '--all'") }
        for code in codes where DiagnosticCode(text: code) == nil {
            throw ValidationError("'\(code)' is no code; '--all' lists them")
        }
    }

    func run() {
        if all {
            Console.output.write(CodeText.document)
            return
        }
        let texts = codes.compactMap { DiagnosticCode(text: $0) }.compactMap { code in
            CodeText.all[code]?.text(code)
        }
        Console.output.write(texts.joined(separator: "\n"))
    }
}
