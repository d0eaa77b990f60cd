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
    /// What comments allow, by the number of the file.
    private var allowed: [Int32: Set<Allowance.Place>] = [:]
    /// What of it was there.
    private var used: Set<Allowance.Place> = []

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
        guard !isAllowed(code, mark) else { return }
        append(isStrict ? .error : .warning, code, mark, message, hint)
    }

    /// Reports what is left out and would have kept something: an error unless its line allows it.
    package func guarded(_ mark: YAMLMark, _ message: String, hint: String) {
        guard !isAllowed(.guardedKey, mark) else { return }
        append(
            .error,
            .guardedKey,
            mark,
            message,
            hint
                + "; # sidegate: allow(\(DiagnosticCode.guardedKey.text)) on the line leaves it out"
        )
    }

    /// Whether the line of a mark says that a code is meant to be there.
    private func isAllowed(_ code: DiagnosticCode, _ mark: YAMLMark?) -> Bool {
        guard let mark = mark.map(origin), files.indices.contains(Int(mark.file)) else {
            return false
        }
        let place = Allowance.Place(file: mark.file, line: mark.line, code: code.text)
        guard allowances(of: mark.file).contains(place) else { return false }
        used.insert(place)
        return true
    }

    /// What the comments of a file allow, which is looked for once.
    private func allowances(of file: Int32) -> Set<Allowance.Place> {
        if let known = allowed[file] { return known }
        let found = Allowance.places(in: files[Int(file)], number: file)
        allowed[file] = found
        return found
    }

    /// Warns of allowances without anything to allow: the configuration has changed, or the code
    /// is misspelt. A template may give what it has not given this time.
    package func reportUselessAllowances() {
        for number in files.indices where !files[number].isTemplate {
            for place in allowances(of: Int32(number)).subtracting(used) {
                warn(
                    .uselessAllowance,
                    YAMLMark(file: place.file, line: place.line, column: 1),
                    DiagnosticCode(text: place.code) == nil
                        ? "allow(\(place.code)) names no code"
                        : "there is no \(place.code) here to allow",
                    hint: "take it away"
                )
            }
        }
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
