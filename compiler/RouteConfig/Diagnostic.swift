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
    /// The most that are kept of one severity; the rest are counted. Nobody reads more at once, and
    /// a file of a million mistakes must not fill the memory.
    package static let keptMax = 1000
    /// How many errors were reported.
    package private(set) var errorCount = 0
    /// How many warnings were reported.
    package private(set) var warningCount = 0
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
        _ message: @autoclosure () -> String,
        hint: @autoclosure () -> String? = nil
    ) {
        append(.error, code, mark, message, hint)
    }

    /// Reports what may not be meant; an error under `--strict`.
    package func warn(
        _ code: DiagnosticCode,
        _ mark: YAMLMark?,
        _ message: @autoclosure () -> String,
        hint: @autoclosure () -> String? = nil
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
            { message },
            {
                hint + "; # sidegate: allow(\(DiagnosticCode.guardedKey.text)) on the line "
                    + "leaves it out"
            }
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

    /// - Parameter message: Asked for only if it is kept, as the hint is: either may take a search.
    private func append(
        _ severity: Diagnostic.Severity,
        _ code: DiagnosticCode,
        _ mark: YAMLMark?,
        _ message: () -> String,
        _ hint: () -> String?
    ) {
        guard (severity == .error ? errorCount : warningCount) < Self.keptMax else {
            return count(severity)
        }
        let diagnostic = Diagnostic(
            severity: severity,
            code: code,
            message: DiagnosticMessage.kept(message()),
            hint: hint().map(DiagnosticMessage.kept),
            mark: mark.map(origin)
        )
        // A fragment that several aliases or merge keys bring in is reported once.
        guard seen.insert(diagnostic).inserted else { return }
        found.append(diagnostic)
        count(severity)
    }

    private func count(_ severity: Diagnostic.Severity) {
        if severity == .error { errorCount += 1 } else { warningCount += 1 }
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

    /// What was counted and not kept: `2 errors and 10 warnings`; nil when nothing was.
    package var leftOut: String? {
        let parts = [(errorCount, "error"), (warningCount, "warning")].compactMap { count, noun in
            let more = count - Self.keptMax
            return more > 0 ? "\(more) \(noun)\(more == 1 ? "" : "s")" : nil
        }
        return parts.isEmpty ? nil : parts.joined(separator: " and ")
    }
}
