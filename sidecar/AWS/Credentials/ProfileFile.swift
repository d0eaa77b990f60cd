/// What one of AWS's shared files says: sections of names and values.
///
/// Lines that AWS's own tools would not understand are passed over, as these do; the file is not
/// ours. Sections of one name are joined, and the last value of a name counts.
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
        var profile: String?
        var lines = Substring(text)
        if lines.hasPrefix("\u{FEFF}") { lines = lines.dropFirst() }
        for line in lines.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline) {
            // What is indented belongs to the value above it, and no such value is wanted here.
            guard let first = line.first, first != " ", first != "\t", first != "#", first != ";"
            else { continue }
            if first == "[" {
                profile = Self.profile(line, kind)
                if let profile, profiles[profile] == nil { profiles[profile] = [:] }
            } else if let profile, let equals = line.firstIndex(of: "=") {
                let name = Self.trimmed(line[..<equals]).lowercased()
                let value = Self.trimmed(line[line.index(after: equals)...])
                profiles[profile, default: [:]][name] = Self.withoutComment(value)
            }
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
