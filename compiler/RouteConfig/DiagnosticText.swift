package import YAML

/// Prints diagnostics for people: place, message, source line, caret, hint.
package struct DiagnosticText {
    private let files: [SourceFile]
    private let secrets: SecretSet
    private let lines: MaskedLines

    /// - Parameters:
    ///   - files: What the marks' file numbers index.
    ///   - secrets: What must be shown nowhere.
    package init(files: [SourceFile], secrets: SecretSet = SecretSet()) {
        self.files = files
        self.secrets = secrets
        lines = MaskedLines(files: files, secrets: secrets)
    }

    /// Several lines, each with its end.
    package func render(_ diagnostic: Diagnostic) -> String {
        let message = DiagnosticMessage.shown(diagnostic.message, secrets: secrets)
        let title = "\(diagnostic.severity.rawValue): \(message) [\(diagnostic.code.text)]\n"
        var text = place(diagnostic.mark).map { $0 + ": " + title } ?? "sidegatec: " + title
        if let mark = diagnostic.mark,
            let line = lines.line(Int(mark.line), ofFile: Int(mark.file))
        {
            let (quoted, caret) = line.quoted(column: Int(mark.column))
            text += "    \(quoted)\n    \(caret)^\n"
        }
        if let hint = diagnostic.hint {
            text += "    hint: \(DiagnosticMessage.shown(hint, secrets: secrets))\n"
        }
        return text
    }

    /// `gateway.yaml:12:7`, or nil.
    package func place(_ mark: YAMLMark?) -> String? {
        guard let mark, let file = file(mark) else { return nil }
        return "\(file.name):\(mark.line):\(mark.column)"
    }

    private func file(_ mark: YAMLMark) -> SourceFile? {
        files.indices.contains(Int(mark.file)) ? files[Int(mark.file)] : nil
    }
}

/// Prints diagnostics for programs: one JSON array.
package struct DiagnosticJSON {
    private let files: [SourceFile]
    private let secrets: SecretSet

    /// - Parameters:
    ///   - files: What the marks' file numbers index.
    ///   - secrets: What must be shown nowhere.
    package init(files: [SourceFile], secrets: SecretSet = SecretSet()) {
        self.files = files
        self.secrets = secrets
    }

    /// The array, with its end of line.
    package func render(_ diagnostics: [Diagnostic]) -> String {
        let objects = diagnostics.map { diagnostic in
            let message = DiagnosticMessage.shown(diagnostic.message, secrets: secrets)
            let hint = diagnostic.hint.map { DiagnosticMessage.shown($0, secrets: secrets) }
            var members = [
                "\"severity\":\(JSONText.quoted(diagnostic.severity.rawValue))",
                "\"code\":\(JSONText.quoted(diagnostic.code.text))",
                "\"message\":\(JSONText.quoted(message))",
            ]
            if let mark = diagnostic.mark, files.indices.contains(Int(mark.file)) {
                members.append("\"file\":\(JSONText.quoted(files[Int(mark.file)].name))")
                members.append("\"line\":\(mark.line),\"column\":\(mark.column)")
            }
            if let hint { members.append("\"hint\":\(JSONText.quoted(hint))") }
            return "{" + members.joined(separator: ",") + "}"
        }
        return "[" + objects.joined(separator: ",\n ") + "]\n"
    }
}
