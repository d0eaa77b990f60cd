internal import YAML

/// Values in block scalars, whose lines cannot escape anything: what does not fit is told of.
extension ValueWriter {
    /// A block scalar's content while it is written.
    private struct Block {
        let isFolded: Bool
        /// The column of its lines; nil until the first one that is not empty.
        var indentation: Int?
        /// Whether the indentation is read from the line that is being written.
        var isFirst = false
    }

    /// From `|` or `>` to the end of the block.
    mutating func block(isFolded: Bool) {
        var block = Block(isFolded: isFolded)
        header(&block)
        while index < bytes.count, isInside(&block) { line(block) }
    }

    private mutating func header(_ block: inout Block) {
        while !isLineEnd(index) {
            if isValue(index) {
                property(upTo: isBlankOrEnd)
                continue
            }
            if block.indentation == nil, ("1"..."9").contains(Unicode.Scalar(bytes[index])) {
                block.indentation = max(parentColumn, 0) + Int(bytes[index] - UInt8(ascii: "0"))
            }
            // A comment has digits of its own.
            if bytes[index] == UInt8(ascii: "#") {
                while !isLineEnd(index), !isValue(index) { copy(1) }
                continue
            }
            copy(1)
        }
        endLine()
    }

    /// Whether the line that begins here belongs to the block.
    private func isInside(_ block: inout Block) -> Bool {
        let start = bytes[index...].firstIndex { $0 != 0x20 } ?? bytes.count
        block.isFirst = false
        if isLineEnd(start) { return true }
        let column = start - index
        guard let indentation = block.indentation else {
            guard column > parentColumn else { return false }
            block.indentation = column
            block.isFirst = true
            return true
        }
        return column >= indentation && !(column == 0 && isDocumentMark(start))
    }

    private mutating func line(_ block: Block) {
        var isStart = true
        while !isLineEnd(index) {
            if isValue(index) {
                value(block, isStart: isStart)
                isStart = false
            } else {
                if bytes[index] != 0x20 { isStart = false }
                copy(1)
            }
        }
        endLine()
    }

    private mutating func endLine() {
        if index < bytes.count, bytes[index] == 0x0D { copy(1) }
        if index < bytes.count { copy(1) }
        lineStart = index
    }

    private mutating func value(_ block: Block, isStart: Bool) {
        var shown = nextText
        let isEnd = isLineEnd(index + 1)
        // The line's own end is the value's last.
        if isEnd, shown.hasSuffix("\n"), !shown.hasSuffix("\r\n") { shown.removeLast() }
        if let reason = reason(against: shown, block, isStart: isStart, isEnd: isEnd) {
            tell(
                "the value cannot stand in a block scalar: \(reason)",
                hint: "put it between double quotes: \"{{x}}\""
            )
        }
        let margin = "\n" + String(repeating: " ", count: block.indentation ?? 0)
        let lines = shown.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        emitValue(lines.map { String($0) }.joined(separator: margin))
    }

    /// Why a value would not be read as it is; nil where it would.
    private func reason(
        against text: String,
        _ block: Block,
        isStart: Bool,
        isEnd: Bool
    ) -> String? {
        let scalars = text.unicodeScalars
        if !scalars.allSatisfy({ $0 == "\n" || YAMLText.isPrintable($0) }) {
            return "it holds a character that must be escaped"
        }
        let isSpaced = [" ", "\t", "\n"].contains { scalars.first == $0 }
        if isSpaced, isStart, block.isFirst || block.isFolded {
            return "it begins with white space, by which YAML knows the indentation"
        }
        if block.isFolded, scalars.contains("\n") { return "> joins the lines of a value" }
        if isEnd, scalars.last == "\n" { return "it ends in several line ends" }
        let hasMark = scalars.split(separator: "\n").contains {
            $0.starts(with: "---".unicodeScalars) || $0.starts(with: "...".unicodeScalars)
        }
        return block.indentation == 0 && hasMark ? "it holds what ends a document" : nil
    }
}
