/// Finds what must not be shown in a line of a configuration.
package enum SecretMask {
    /// Whether a key's value is a credential, by its name.
    package static func isSecretName(_ name: some StringProtocol) -> Bool {
        let lower = name.lowercased()
        if notSecret.contains(lower) || lower.contains("cost") || lower.hasPrefix("max_") {
            return false
        }
        return markers.contains { lower.hasSuffix($0) } || lower.contains("password")
            || lower.contains("secret")
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

    /// The ranges of a line to print as `***`.
    static func ranges(in line: [Unicode.Scalar]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var index = 0
        while index < line.count {
            if line[index] == ":", let value = secretValue(line, colon: index) {
                ranges.append(value)
                index = value.upperBound
            } else if let end = tokenEnd(line, index) {
                ranges.append(index..<end)
                index = end
            } else if let range = userInformation(line, index) {
                ranges.append(range)
                index = range.upperBound
            } else {
                index += 1
            }
        }
        return ranges
    }

    /// `name: value`, where the name is a secret's and the value is no reference.
    private static func secretValue(_ line: [Unicode.Scalar], colon: Int) -> Range<Int>? {
        var end = colon
        if end > 0, line[end - 1] == "\"" || line[end - 1] == "'" { end -= 1 }
        var start = end
        while start > 0, isNameScalar(line[start - 1]) { start -= 1 }
        guard start < end, isSecretName(text(line[start..<end])) || isHash(text(line[start..<end]))
        else { return nil }
        var value = colon + 1
        while value < line.count, line[value] == " " || line[value] == "\t" { value += 1 }
        guard value > colon + 1 || value < line.count, value < line.count else { return nil }
        let stop = valueEnd(line, value)
        let shown = text(line[value..<stop])
        let bare = shown.drop { $0 == "\"" || $0 == "'" }
        if bare.isEmpty || bare.hasPrefix("os.environ/") || bare.hasPrefix("file:/")
            || bare.hasPrefix("*") || bare.hasPrefix("&") || bare.hasPrefix("|")
            || bare.hasPrefix("{") || bare.hasPrefix("[") || bare.hasPrefix("#")
            || ["null", "true", "false", "~"].contains(bare.lowercased())
        {
            return nil
        }
        return value..<stop
    }

    /// `hash:` of a virtual key may hold the key itself by mistake.
    private static func isHash(_ name: String) -> Bool { name == "hash" }

    private static func valueEnd(_ line: [Unicode.Scalar], _ start: Int) -> Int {
        let quote = line[start]
        var end = start
        if quote == "\"" || quote == "'" {
            end += 1
            while end < line.count, line[end] != quote { end += line[end] == "\\" ? 2 : 1 }
            return min(end + 1, line.count)
        }
        while end < line.count {
            if line[end] == "," || line[end] == "}" || line[end] == "]" { break }
            if line[end] == "#", end > start, line[end - 1] == " " { break }
            end += 1
        }
        while end > start, line[end - 1] == " " { end -= 1 }
        return end
    }

    /// A word that begins as keys do, wherever it stands.
    private static func tokenEnd(_ line: [Unicode.Scalar], _ start: Int) -> Int? {
        if start > 0, isNameScalar(line[start - 1]) { return nil }
        for prefix in ["sk-", "gsk_", "xai-", "AKIA", "ASIA", "ghp_", "hf_", "AIza"] {
            let scalars = Array(prefix.unicodeScalars)
            guard line.count - start > scalars.count + 3,
                line[start..<(start + scalars.count)].elementsEqual(scalars)
            else { continue }
            var end = start + scalars.count
            while end < line.count, isNameScalar(line[end]) { end += 1 }
            return end
        }
        return nil
    }

    /// The `user:password` of a URL.
    private static func userInformation(_ line: [Unicode.Scalar], _ start: Int) -> Range<Int>? {
        guard line[start] == "/", start > 1, line[start - 1] == "/", line[start - 2] == ":" else {
            return nil
        }
        var end = start + 1
        var hasColon = false
        while end < line.count, line[end] != "/", line[end] != " ", line[end] != "\"" {
            if line[end] == "@" { return hasColon ? start + 1..<end : nil }
            if line[end] == ":" { hasColon = true }
            end += 1
        }
        return nil
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_"
            || scalar == "-"
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
