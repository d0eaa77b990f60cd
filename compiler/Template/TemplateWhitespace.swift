/// Strips white space from a template's texts: what tildes ask for, and the lines of tags that
/// stand alone.
enum TemplateWhitespace {
    private enum Trim {
        case none
        /// Blanks up to a line's end, and that end; or, before a tag, from a line's beginning.
        case line
        case all
    }

    /// Narrows the ranges of the texts. Whether a tag stands alone is decided by the texts as they
    /// are written, so that two lines of tags can share the one line end between them.
    static func strip(_ tokens: [TemplateToken], in bytes: [UInt8]) -> [TemplateToken] {
        var heads = [Trim](repeating: .none, count: tokens.count)
        var tails = heads
        for (index, token) in tokens.enumerated() where token.kind != .content {
            if token.canStandAlone, isAlone(index, tokens, bytes) {
                if index > 0 { tails[index - 1] = .line }
                if index + 1 < tokens.count { heads[index + 1] = .line }
            }
        }
        for (index, token) in tokens.enumerated() where token.kind != .content {
            if token.stripsBefore, index > 0 { tails[index - 1] = .all }
            if token.stripsAfter, index + 1 < tokens.count { heads[index + 1] = .all }
        }
        var result = tokens
        for (index, token) in tokens.enumerated() where token.kind == .content {
            result[index].range = trimmed(token.range, heads[index], tails[index], bytes)
        }
        return result
    }

    private static func isAlone(_ index: Int, _ tokens: [TemplateToken], _ bytes: [UInt8]) -> Bool {
        startsLine(index, tokens, bytes) && endsLine(index, tokens, bytes)
    }

    private static func startsLine(
        _ index: Int,
        _ tokens: [TemplateToken],
        _ bytes: [UInt8]
    ) -> Bool {
        guard index > 0 else { return true }
        let before = tokens[index - 1]
        guard before.kind == .content else { return false }
        var place = before.range.upperBound
        while place > before.range.lowerBound, isSpace(bytes[place - 1]) {
            place -= 1
            if bytes[place] == UInt8(ascii: "\n") { return true }
        }
        return place == before.range.lowerBound && index == 1
    }

    private static func endsLine(
        _ index: Int,
        _ tokens: [TemplateToken],
        _ bytes: [UInt8]
    ) -> Bool {
        guard index + 1 < tokens.count else { return true }
        let after = tokens[index + 1]
        guard after.kind == .content else { return false }
        for place in after.range {
            if bytes[place] == UInt8(ascii: "\n") { return true }
            if !isSpace(bytes[place]) { return false }
        }
        return index + 2 == tokens.count
    }

    private static func trimmed(
        _ range: Range<Int>,
        _ head: Trim,
        _ tail: Trim,
        _ bytes: [UInt8]
    ) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        switch head {
        case .none: break
        case .all: while start < end, isSpace(bytes[start]) { start += 1 }
        case .line:
            while start < end, isBlank(bytes[start]) { start += 1 }
            if start + 1 < end, bytes[start] == UInt8(ascii: "\r"),
                bytes[start + 1] == UInt8(ascii: "\n")
            {
                start += 2
            } else if start < end, bytes[start] == UInt8(ascii: "\n") {
                start += 1
            }
        }
        switch tail {
        case .none: break
        case .all: while start < end, isSpace(bytes[end - 1]) { end -= 1 }
        case .line: while start < end, isBlank(bytes[end - 1]) { end -= 1 }
        }
        return start..<end
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
