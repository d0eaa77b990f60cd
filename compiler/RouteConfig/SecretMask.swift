/// Says which names and texts must not be shown.
///
/// Two questions are kept apart: what a table stores as a secret (`isSecretName`, which decides
/// about warnings too), and what is not printed (`isPrivate`, `masked`), which may err towards
/// hiding.
package enum SecretMask {
    /// Whether a key's value is a credential, by its name.
    package static func isSecretName(_ name: some StringProtocol) -> Bool {
        let lower = name.lowercased()
        if notSecret.contains(lower) || lower.holds("cost") || lower.hasPrefix("max_") {
            return false
        }
        return markers.contains { lower.hasSuffix($0) } || lower.holds("password")
            || lower.holds("secret")
    }

    private static let markers = [
        "key", "keys", "token", "credentials", "passwd", "apikey", "_auth", "authorization", "dsn",
        "database_url", "redis_url", "webhook_url",
    ]
    /// Names that end like a secret's and are none.
    private static let notSecret: Set<String> = [
        "key", "keys", "token", "public_key", "masterkeysecretname", "masterkeysecretkey",
        "secretname", "usernamekey", "passwordkey", "aws_web_identity_token",
        "key_management_system", "aws_access_key_id", "existingsecret", "allow_all_keys",
        "forward_llm_provider_auth_headers",
    ]

    /// Whether no value under a key is printed, however harmless it looks: keys that are or sound
    /// like credentials, and the mappings whose every value may be one.
    package static func isPrivate(_ name: some StringProtocol) -> Bool {
        let name = String(name)
        let lower = name.lowercased()
        if sections.contains(lower) || isHeaderMapping(lower) { return true }
        // `hash` of a virtual key may hold the key itself by mistake.
        if lower == "key" || lower == "hash" { return true }
        switch fate(name) {
        case .parameter(_, .secret)?: return true
        case .parameter(_, .text)?, .parameter(_, .word)?, .parameter(_, .list)?,
            .parameter(_, .json)?, .handled?:
            return isSecretName(name)
        case .parameter?: return false
        case .noEffect?, .guarded?, .refused?, nil:
            return isSecretName(name) || soundsSecret(lower)
        }
    }

    /// A mapping of headers: any of them may authenticate.
    package static func isHeaderMapping(_ name: String) -> Bool {
        ["headers", "extra_headers", "default_headers"].contains(name)
    }

    /// A mapping whose values are hidden but need not be secrets.
    static func isMixedMapping(_ name: String) -> Bool {
        sections.contains(name.lowercased()) || isHeaderMapping(name.lowercased())
    }

    private static let sections: Set<String> = ["environment_variables", "extra_body"]

    private static func soundsSecret(_ lower: String) -> Bool {
        let isOther =
            lower.holds("cost") || lower.hasPrefix("max_") || lower.hasSuffix("tokens")
            || lower.holds("tokenizer") || lower.hasPrefix("supports_")
            || notSecret.contains(lower) && lower != "token" && lower != "aws_web_identity_token"
        return !isOther && words.contains { lower.holds($0) }
    }

    private static let words = [
        "key", "token", "secret", "passw", "pwd", "webhook", "credential", "auth", "dsn", "cookie",
        "signature",
    ]

    /// What becomes of a key, in the first section that knows it.
    static func fate(_ name: String) -> KnownKey.Fate? {
        for section in KnownKey.Section.allCases {
            if let key = KnownKey.find(section, name) { return key.fate }
        }
        return nil
    }

    /// Values that say nothing even where a secret is wanted: references, nothing at all.
    static func isHarmless(_ value: some StringProtocol) -> Bool {
        if value.isEmpty { return true }
        if ["null", "~", "true", "false"].contains(value.lowercased()) { return true }
        for prefix in ["os.environ/", "file:/", "${"] where value.hasPrefix(prefix) {
            var name = value.dropFirst(prefix.count)
            if prefix == "${", name.hasSuffix("}") { name = name.dropLast() }
            return name.unicodeScalars.allSatisfy { isNameScalar($0) || $0 == "/" || $0 == "." }
        }
        return !value.unicodeScalars.contains { isNameScalar($0) }
    }

    /// A text with `***` in place of what looks like a secret in it, or is one of `secrets`.
    ///
    /// - Parameter isName: Whether long words of letters and digits are likely names of models or
    ///   organizations, and are shown.
    package static func masked(
        _ text: String,
        secrets: SecretSet = SecretSet(),
        isName: Bool = false
    ) -> String {
        let scalars = Array(text.unicodeScalars)
        let looks = ranges(in: scalars, isName: isName)
        let ranges = merged(looks + secrets.ranges(in: scalars))
        guard !ranges.isEmpty else { return text }
        var shown = String.UnicodeScalarView()
        var index = 0
        for range in ranges {
            shown.append(contentsOf: scalars[index..<range.lowerBound])
            shown.append(contentsOf: "***".unicodeScalars)
            index = range.upperBound
        }
        shown.append(contentsOf: scalars[index...])
        return String(shown)
    }

    /// Ranges in order, without overlaps.
    static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
        for range in sorted where !range.isEmpty {
            if let last = result.last, range.lowerBound < last.upperBound {
                result[result.count - 1] =
                    last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_"
            || scalar == "-"
    }

    static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
