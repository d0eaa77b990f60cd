/// Lines for people, indented by depth.
struct IndentedText {
    private(set) var text = ""

    /// Adds a line, and its end.
    mutating func line(_ depth: Int, _ content: String) {
        var line = String(repeating: "  ", count: depth) + content
        while line.last == " " { line.removeLast() }
        text += Self.printable(line) + "\n"
    }

    /// A text without control characters: a name must not steer the terminal.
    static func printable(_ text: String) -> String {
        String(text.map { $0.asciiValue.map { $0 < 32 || $0 == 127 } ?? false ? "\u{FFFD}" : $0 })
    }
}
