/// What one of AWS's shared files says: sections of names and values.
///
/// The file is not ours: lines that cannot be understood are passed over. Sections of one name are
/// joined, and the last value of a name counts. As in botocore a line that is indented deeper than
/// the name above goes on with its value, and any other is like one that is not indented.
struct ProfileFile: Hashable, Sendable {
    /// The longest file that is read, in bytes.
    static let bytesMax = 1 << 20

    /// Which of the two files it is: they name their sections differently.
    enum Kind: Hashable, Sendable {
        /// `~/.aws/credentials`: `[name]`.
        case credentials
        /// `~/.aws/config`: `[profile name]`, but `[default]`.
        case config
    }

    /// Values by name in lower case, by profile.
    private(set) var profiles: [String: [String: String]] = [:]

    /// Nothing, as where there is no file.
    init() {}

    /// Reads a file's text.
    init(_ text: String, _ kind: Kind) {
        var position = Position()
        var lines = Substring(text)
        if lines.hasPrefix("\u{FEFF}") { lines = lines.dropFirst() }
        for line in lines.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline) {
            take(line, kind, &position)
        }
    }

    /// Where the reader is in a file.
    private struct Position {
        /// Nil outside of profiles.
        var profile: String?
        /// Whose value an indented line goes on with; nil below a section's head.
        var name: String?
        /// How far the line of that name is indented.
        var indent = 0
    }

    private mutating func take(_ line: Substring, _ kind: Kind, _ position: inout Position) {
        let text = Self.trimmed(line)
        guard let first = text.first, first != "#", first != ";" else { return }
        let indent = line.prefix { $0 == " " || $0 == "\t" }.count
        if let name = position.name, indent > position.indent {
            // Below an empty value there are settings of other programs (`s3 =`).
            if let profile = position.profile, let value = profiles[profile]?[name], value != "" {
                profiles[profile]?[name] = value + "\n" + text
            }
            return
        }
        position.indent = indent
        if first == "[" {
            position.profile = Self.profile(Substring(text), kind)
            position.name = nil
            if let profile = position.profile, profiles[profile] == nil { profiles[profile] = [:] }
        } else if let sign = text.firstIndex(where: { $0 == "=" || $0 == ":" }) {
            let name = Self.trimmed(text[..<sign]).lowercased()
            position.name = name
            guard let profile = position.profile else { return }
            let value = Self.trimmed(text[text.index(after: sign)...])
            profiles[profile]?[name] = Self.withoutComment(value)
        }
    }

    /// The profile that a section's head names; nil for other sections.
    private static func profile(_ line: Substring, _ kind: Kind) -> String? {
        guard let end = line.firstIndex(of: "]") else { return nil }
        let words = line[..<end].dropFirst().split { $0 == " " || $0 == "\t" }.map(String.init)
        let name = words.dropFirst().joined(separator: " ")
        switch (kind, words.first) {
        case (_, nil): return nil
        case (.config, "profile"?): return name.isEmpty ? nil : unquoted(name)
        case (.config, "default"?): return name.isEmpty ? "default" : nil
        case (.config, _): return nil
        case (.credentials, let first?): return name.isEmpty ? first : first + " " + name
        }
    }

    private static func unquoted(_ name: String) -> String {
        for quote in ["\"", "'"] where name.count > 2 && name.hasPrefix(quote) {
            if name.hasSuffix(quote) { return String(name.dropFirst().dropLast()) }
        }
        return name
    }

    /// A comment behind a value begins with a space before its sign; secrets hold such signs.
    private static func withoutComment(_ value: String) -> String {
        for sign in [" #", " ;", "\t#", "\t;"] {
            if let comment = value.firstRange(of: sign) {
                return withoutComment(trimmed(value[..<comment.lowerBound]))
            }
        }
        return value
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var rest = Substring(text)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
