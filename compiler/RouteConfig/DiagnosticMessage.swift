/// Messages and hints at a length that people read, whatever names stand in them.
enum DiagnosticMessage {
    /// In bytes. Secrets are masked in what is kept, so that this is far more than is shown.
    private static let keptMax = 16_384
    /// In bytes.
    private static let shownMax = 1_024

    /// The beginning of a text, to be masked later.
    static func kept(_ text: String) -> String { cut(text, to: keptMax) }

    /// A text as it may be printed.
    static func shown(_ text: String, secrets: SecretSet) -> String {
        cut(SecretMask.masked(text, secrets: secrets), to: shownMax)
    }

    private static func cut(_ text: String, to most: Int) -> String {
        guard text.utf8.count > most else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: most)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text.unicodeScalars[..<end]) + "…"
    }
}
