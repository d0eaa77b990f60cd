package import YAML

/// Prints diagnostics for people: place, message, source line, caret, hint.
package struct DiagnosticText {
    private let files: [SourceFile]

    package init(files: [SourceFile]) {
        self.files = files
    }

    /// Several lines, each with its end.
    package func render(_ diagnostic: Diagnostic) -> String {
        let title =
            "\(diagnostic.severity.rawValue): \(diagnostic.message) [\(diagnostic.code.text)]\n"
        var text = place(diagnostic.mark).map { $0 + ": " + title } ?? "sidegatec: " + title
        if let mark = diagnostic.mark, let line = line(mark) {
            let (quoted, caret) = SourceLine(line).quoted(column: Int(mark.column))
            text += "    \(quoted)\n    \(caret)^\n"
        }
        if let hint = diagnostic.hint { text += "    hint: \(hint)\n" }
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

    private func line(_ mark: YAMLMark) -> String? {
        file(mark)?.line(Int(mark.line))
    }
}

/// Prints diagnostics for programs: one JSON array.
package struct DiagnosticJSON {
    private let files: [SourceFile]

    package init(files: [SourceFile]) {
        self.files = files
    }

    package func render(_ diagnostics: [Diagnostic]) -> String {
        let objects = diagnostics.map { diagnostic in
            var members = [
                "\"severity\":\(JSONText.quoted(diagnostic.severity.rawValue))",
                "\"code\":\(JSONText.quoted(diagnostic.code.text))",
                "\"message\":\(JSONText.quoted(diagnostic.message))",
            ]
            if let mark = diagnostic.mark, files.indices.contains(Int(mark.file)) {
                members.append("\"file\":\(JSONText.quoted(files[Int(mark.file)].name))")
                members.append("\"line\":\(mark.line),\"column\":\(mark.column)")
            }
            if let hint = diagnostic.hint { members.append("\"hint\":\(JSONText.quoted(hint))") }
            return "{" + members.joined(separator: ",") + "}"
        }
        return "[" + objects.joined(separator: ",\n ") + "]\n"
    }
}
