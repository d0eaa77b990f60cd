/// What people want to know of a code: `sidegatec explain-code` prints it, and `docs/codes.md` is
/// made of it.
package struct CodeText: Sendable {
    /// How a code weighs; under `--strict` a warning is an error too.
    package enum Weight: String, Sendable {
        case error
        case warning
        case both = "error or warning"
    }
    /// What is wrong, in one line.
    package let title: String
    package let weight: Weight
    /// Why it is reported.
    package let reason: String
    /// What to do.
    package let remedy: String
    /// A configuration that has it, or, where none can be shown, a case in words.
    package let example: String
    /// Whether `example` is a configuration.
    package let isConfiguration: Bool

    init(
        _ weight: Weight,
        _ title: String,
        because reason: String,
        do remedy: String,
        example: String,
        isConfiguration: Bool = true
    ) {
        self.title = title
        self.weight = weight
        self.reason = reason
        self.remedy = remedy
        self.example = example
        self.isConfiguration = isConfiguration
    }

    /// The text of each code.
    package static let all: [DiagnosticCode: CodeText] =
        yaml.merging(keys) { $1 }.merging(secrets) { $1 }.merging(providers) { $1 }
        .merging(routing) { $1 }.merging(limits) { $1 }.merging(templates) { $1 }

    /// For a terminal, with the end of its last line.
    package func text(_ code: DiagnosticCode) -> String {
        let indented = example.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
        return """
            \(code.text): \(title) (\(weight.rawValue))

            Why: \(reason)
            What to do: \(remedy)
            Example:

            \(indented)

            """
    }

    private func markdown(_ code: DiagnosticCode) -> String {
        let shown = isConfiguration ? "```yaml\n\(example)\n```" : "Example: \(example)"
        return """
            ## \(code.text)

            **\(title)** (\(weight.rawValue)).
            \(reason)
            \(remedy)

            \(shown)

            """
    }

    /// All codes as `docs/codes.md` has them.
    package static var document: String {
        let beginning = """
            # Codes

            Each diagnostic of `sidegatec` has a code, which stays the same. `sidegatec explain-code SG0020` prints one of
            these texts, `sidegatec explain-code --all` this page. Under `--strict` warnings are errors.

            """
        return DiagnosticCode.allCases.compactMap { code in all[code]?.markdown(code) }
            .reduce(beginning) { $0 + "\n" + $1 }
    }
}

extension DiagnosticCode {
    /// `SG0042`, in either case, or `42`.
    package init?(text: String) {
        let digits = text.uppercased().hasPrefix("SG") ? text.dropFirst(2) : text[...]
        guard let number = UInt16(digits) else { return nil }
        self.init(rawValue: number)
    }
}
