/// What looks like a secret wherever it stands: tokens, and the private parts of URLs.
extension SecretMask {
    /// The ranges of a text to print as `***`; they may overlap.
    ///
    /// - Parameter isName: Whether words that are merely random are shown.
    static func ranges(in text: [Unicode.Scalar], isName: Bool = false) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var index = 0
        while index < text.count {
            if let end = knownToken(text, index)
                ?? (isName ? nil : randomWord(text, index))
            {
                ranges.append(index..<end)
                index = end
            } else {
                if isURLStart(text, index) { ranges += privateParts(text, index + 3) }
                index += 1
            }
        }
        return ranges
    }

    /// Whether a URL names a user or a password, as `http://user:password@host/` does.
    package static func hasUserInformation(_ url: String) -> Bool {
        let text = Array(url.unicodeScalars)
        guard let start = text.indices.first(where: { isURLStart(text, $0) }) else { return false }
        return userInformation(text, start + 3, urlEnd(text, start + 3)) != nil
    }

    private static let prefixes = [
        "sk-", "sk_", "pk-lf-", "gsk_", "xai-", "AKIA", "ASIA", "ghp_", "github_pat_", "glpat-",
        "hf_", "AIza", "ya29.", "nvapi-", "pplx-", "xoxb-", "xoxp-", "eyJ", "Bearer ", "Basic ",
    ].map { Array($0.unicodeScalars) }

    /// A word that begins as keys do.
    private static func knownToken(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
        if start > 0, isNameScalar(text[start - 1]) { return nil }
        for prefix in prefixes {
            guard text.count - start > prefix.count + 3,
                text[start..<(start + prefix.count)].elementsEqual(prefix)
            else { continue }
            var end = start + prefix.count
            while end < text.count, isTokenScalar(text[end]) { end += 1 }
            // `sk-` alone, or a word such as "Basic use".
            if end - start > prefix.count + 3 { return end }
        }
        return nil
    }

    /// A word with a part that is long and mixes letters with digits as names do not, or a UUID.
    private static func randomWord(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
        guard isNameScalar(text[start]), start == 0 || !isNameScalar(text[start - 1]) else {
            return nil
        }
        var end = start
        var (run, digits, letters) = (0, 0, 0)
        var runs: [Int] = []
        var isRandom = false
        while end < text.count, isNameScalar(text[end]) {
            if text[end] == "-" || text[end] == "_" {
                runs.append(run)
                (run, digits, letters) = (0, 0, 0)
            } else {
                run += 1
                if ("0"..."9").contains(text[end]) { digits += 1 } else { letters += 1 }
                if run >= 16, digits >= 2, letters >= 2 { isRandom = true }
            }
            end += 1
        }
        runs.append(run)
        return isRandom || runs == [8, 4, 4, 4, 12] ? end : nil
    }

    private static func isTokenScalar(_ scalar: Unicode.Scalar) -> Bool {
        isNameScalar(scalar) || [".", "+", "/", "="].contains(scalar)
    }

    private static func isURLStart(_ text: [Unicode.Scalar], _ index: Int) -> Bool {
        index + 3 <= text.count && text[index] == ":" && text[index + 1] == "/"
            && text[index + 2] == "/"
    }

    private static func urlEnd(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        text[start...].firstIndex { $0 == " " || $0 == "\t" || $0 == "\"" || $0 == "'" }
            ?? text.count
    }

    /// User and password, the values of the query, and the path of a webhook, which is one.
    private static func privateParts(_ text: [Unicode.Scalar], _ start: Int) -> [Range<Int>] {
        let end = urlEnd(text, start)
        var ranges: [Range<Int>] = []
        var host = start
        if let user = userInformation(text, start, end) {
            ranges.append(user)
            host = user.upperBound
        }
        let tail = text[host..<end].firstIndex { $0 == "?" || $0 == "#" } ?? end
        let place = Self.text(text[host..<tail]).lowercased()
        if place.holds("hook"), let slash = text[host..<tail].firstIndex(of: "/") {
            ranges.append(slash + 1..<tail)
        }
        if tail < end { ranges += query(text, tail + 1, end) }
        return ranges
    }

    /// The part before the `@`. A password with a slash in it ends the host for a strict parser;
    /// a "port" that is no number gives it away.
    private static func userInformation(
        _ text: [Unicode.Scalar],
        _ start: Int,
        _ end: Int
    ) -> Range<Int>? {
        let authority = text[start..<end].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = authority.lastIndex(of: "@") { return start..<at }
        guard let colon = authority.lastIndex(of: ":"), authority.first != "[",
            authority[(colon + 1)...].contains(where: { !("0"..."9").contains($0) }),
            let at = text[authority.endIndex..<end].lastIndex(of: "@")
        else { return nil }
        return start..<at
    }

    private static func query(
        _ text: [Unicode.Scalar],
        _ start: Int,
        _ end: Int
    ) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for part in text[start..<end].split(separator: "&") {
            // Without a name the value is all there is.
            let equals = part.firstIndex(of: "=").map { $0 + 1 } ?? part.startIndex
            ranges.append(equals..<part.endIndex)
        }
        return ranges
    }
}
