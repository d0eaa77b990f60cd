/// A line of a configuration as a diagnostic may show it: secrets masked, cut to a readable width,
/// with the white space that puts a caret under a column.
struct SourceLine {
    /// With `***` in place of what is masked.
    private var shown: [Unicode.Scalar] = []
    /// Where in `shown` each character of the line is, and the line's end.
    private var places: [Int] = []
    private static let widthMax = 160

    /// - Parameter masks: What to print as `***`, in order and without overlaps.
    init(_ line: [Unicode.Scalar], masks: [Range<Int>]) {
        shown.reserveCapacity(line.count)
        places.reserveCapacity(line.count + 1)
        var masks = masks[...]
        var index = 0
        while index < line.count {
            let place = shown.count
            if let mask = masks.first, mask.lowerBound == index {
                masks.removeFirst()
                shown += "***".unicodeScalars
                for _ in mask { places.append(place) }
                index = mask.upperBound
            } else {
                shown.append(Self.isControl(line[index]) ? "\u{FFFD}" : line[index])
                places.append(place)
                index += 1
            }
        }
        places.append(shown.count)
    }

    /// - Parameter column: From 1, in code points.
    func quoted(column: Int) -> (line: String, caret: String) {
        cut(shown, caret: places[min(max(column - 1, 0), places.count - 1)])
    }

    private func cut(_ shown: [Unicode.Scalar], caret: Int) -> (String, String) {
        var start = 0
        if caret > Self.widthMax - 20 { start = caret - Self.widthMax / 2 }
        let end = min(shown.count, start + Self.widthMax)
        var line = start > 0 ? "…" : ""
        var padding = start > 0 ? " " : ""
        for index in start..<end {
            line.unicodeScalars.append(shown[index])
            if index < caret { padding += Self.blank(for: shown[index]) }
        }
        if end < shown.count { line += "…" }
        return (line, padding)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\t" && (scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value))
    }

    /// White space as wide as the character: a tab for a tab, two columns for a wide character,
    /// none for a combining mark.
    private static func blank(for scalar: Unicode.Scalar) -> String {
        if scalar == "\t" { return "\t" }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return ""
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return "  "
        default: return " "
        }
    }
}
