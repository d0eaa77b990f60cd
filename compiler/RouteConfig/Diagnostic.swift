internal import Template
package import YAML

/// One message to the author of a configuration.
package struct Diagnostic: Hashable, Sendable {
    /// How much a diagnostic weighs; an error keeps the table from being written.
    package enum Severity: String, Hashable, Sendable {
        case error
        case warning
    }
    /// Errors stop a table from being written.
    package var severity: Severity
    package var code: DiagnosticCode
    /// One line, without a secret in it.
    package var message: String
    /// How to mend it; nil when the message says it all.
    package var hint: String?
    /// Nil when it is about no place in particular.
    package var mark: YAMLMark?

    /// Without a hint and a place unless they are given.
    package init(
        severity: Severity,
        code: DiagnosticCode,
        message: String,
        hint: String? = nil,
        mark: YAMLMark? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.hint = hint
        self.mark = mark
    }
}

/// Collects the diagnostics of one run, all of them, in the order of their places.
package final class DiagnosticSink {
    /// Makes errors of warnings.
    package let isStrict: Bool
    /// The files that marks point into, by number.
    package private(set) var files: [SourceFile] = []
    /// Texts of the configuration that no output may show.
    package internal(set) var secrets = SecretSet()
    /// Where files that were templates come from.
    private var origins: [Int32: SourceMap] = [:]
    private var found: [Diagnostic] = []
    private var seen: Set<Diagnostic> = []

    /// - Parameter isStrict: Whether warnings count as errors.
    package init(isStrict: Bool = false) {
        self.isStrict = isStrict
    }

    /// Registers a file and gives the number for its marks.
    package func add(_ file: SourceFile) -> Int32 {
        files.append(file)
        return Int32(files.count - 1)
    }

    /// Says that marks into a file are from now on marks into what its template gave.
    func place(_ file: Int32, by map: SourceMap) { origins[file] = map }

    /// Where a mark is in the file that its author wrote.
    func origin(of mark: YAMLMark) -> YAMLMark { origins[mark.file]?.origin(of: mark) ?? mark }

    /// Reports what makes the input unusable.
    package func error(
        _ code: DiagnosticCode,
        _ mark: YAMLMark?,
        _ message: String,
        hint: String? = nil
    ) {
        append(.error, code, mark, message, hint)
    }

    /// Reports what may not be meant; an error under `--strict`.
    package func warn(
        _ code: DiagnosticCode,
        _ mark: YAMLMark?,
        _ message: String,
        hint: String? = nil
    ) {
        append(isStrict ? .error : .warning, code, mark, message, hint)
    }

    private func append(
        _ severity: Diagnostic.Severity,
        _ code: DiagnosticCode,
        _ mark: YAMLMark?,
        _ message: String,
        _ hint: String?
    ) {
        let diagnostic = Diagnostic(
            severity: severity,
            code: code,
            message: message,
            hint: hint,
            mark: mark.map(origin)
        )
        // A fragment that several aliases or merge keys bring in is reported once.
        if seen.insert(diagnostic).inserted { found.append(diagnostic) }
    }

    /// Sorted by file, line and column; what has no place comes last.
    package var diagnostics: [Diagnostic] {
        found.enumerated().sorted { left, right in
            let (a, b) = (key(left.element), key(right.element))
            return a == b ? left.offset < right.offset : a.lexicographicallyPrecedes(b)
        }.map(\.element)
    }

    private func key(_ diagnostic: Diagnostic) -> [Int32] {
        guard let mark = diagnostic.mark else { return [.max] }
        return [mark.file, mark.line, mark.column]
    }

    /// How many errors were reported.
    package var errorCount: Int { found.count { $0.severity == .error } }
    /// How many warnings were reported.
    package var warningCount: Int { found.count { $0.severity == .warning } }
}
