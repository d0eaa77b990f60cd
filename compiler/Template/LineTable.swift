internal import YAML

/// Where the lines of a text begin: places in bytes to marks and back.
struct LineTable: Sendable {
    let bytes: [UInt8]
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            starts.append(offset + 1)
        }
        self.starts = starts
    }

    /// The mark of a byte; columns count code points, and a byte order mark is none.
    func mark(at offset: Int, file: Int32) -> YAMLMark {
        let offset = min(max(offset, 0), bytes.count)
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        let column = bytes[textStart(low)..<max(offset, textStart(low))].count { !isTail($0) } + 1
        return YAMLMark(file: file, line: Int32(clamping: low + 1), column: Int32(clamping: column))
    }

    /// The byte of a mark; the end of the line or of the text for one beyond.
    func offset(of mark: YAMLMark) -> Int {
        let line = Int(mark.line) - 1
        guard starts.indices.contains(line) else { return line < 0 ? 0 : bytes.count }
        let end = line + 1 < starts.count ? starts[line + 1] - 1 : bytes.count
        var offset = textStart(line)
        var left = Int(mark.column) - 1
        while left > 0, offset < end {
            offset += 1
            while offset < end, isTail(bytes[offset]) { offset += 1 }
            left -= 1
        }
        return offset
    }

    private func textStart(_ line: Int) -> Int {
        line == 0 && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : starts[line]
    }

    /// Whether a byte goes on with a code point.
    private func isTail(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
