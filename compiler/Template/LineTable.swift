internal import YAML

/// Where the lines of a text begin: places in bytes to marks and back.
struct LineTable: Sendable {
    let bytes: [UInt8]
    /// Where every `step`th line begins: a text may be nothing but line ends, and an index of all
    /// of them would be many times its size.
    private let starts: [Int]
    private static let step = 64

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        var number = 0
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            number += 1
            if number % Self.step == 0 { starts.append(offset + 1) }
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
        var (line, start) = (low * Self.step, starts[low])
        while let end = bytes[start..<offset].firstIndex(of: UInt8(ascii: "\n")) {
            (line, start) = (line + 1, end + 1)
        }
        let first = textStart(start)
        let column = bytes[first..<max(offset, first)].count { !isTail($0) } + 1
        return YAMLMark(
            file: file,
            line: Int32(clamping: line + 1),
            column: Int32(clamping: column)
        )
    }

    /// The byte of a mark; the end of the line or of the text for one beyond.
    func offset(of mark: YAMLMark) -> Int {
        let line = Int(mark.line) - 1
        guard line >= 0 else { return 0 }
        guard let start = start(ofLine: line) else { return bytes.count }
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        var offset = textStart(start)
        var left = Int(mark.column) - 1
        while left > 0, offset < end {
            offset += 1
            while offset < end, isTail(bytes[offset]) { offset += 1 }
            left -= 1
        }
        return offset
    }

    /// Where a line begins that counts from 0; nil when there is none.
    private func start(ofLine line: Int) -> Int? {
        guard line / Self.step < starts.count else { return nil }
        var start = starts[line / Self.step]
        for _ in 0..<line % Self.step {
            guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            start = end + 1
        }
        return start
    }

    /// The first byte of the line that begins at a place.
    private func textStart(_ start: Int) -> Int {
        start == 0 && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : start
    }

    /// Whether a byte goes on with a code point.
    private func isTail(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
