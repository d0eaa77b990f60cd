internal import YAML

/// A file of the configuration, kept for the source lines that diagnostics quote.
package struct SourceFile: Sendable {
    /// As the user named it, or as `include` resolves it.
    package let name: String
    package let bytes: [UInt8]
    /// Whether its tags in braces are those of a template, which hold names and no values.
    package let isTemplate: Bool
    /// Where each line begins.
    private let lineStarts: [Int]

    /// Keeps the bytes and finds the lines in them.
    package init(name: String, bytes: [UInt8], isTemplate: Bool = false) {
        self.name = name
        self.bytes = bytes
        self.isTemplate = isTemplate
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            starts.append(offset + 1)
        }
        lineStarts = starts
    }

    /// The numbers, from 1, of the lines in which a text stands that begins with `#`.
    func lines(with text: [UInt8]) -> [Int] {
        var found: [Int] = []
        var number = 1
        let span = bytes.span
        for offset in span.indices {
            switch span[offset] {
            case UInt8(ascii: "\n"): number += 1
            case UInt8(ascii: "#"):
                let isThere = bytes[offset...].starts(with: text)
                if isThere, found.last != number { found.append(number) }
            default: break
            }
        }
        return found
    }

    /// A line without its end, or nil; counts from 1.
    package func line(_ number: Int) -> String? {
        guard number >= 1, number <= lineStarts.count else { return nil }
        let start = lineStarts[number - 1]
        let end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
        var line = bytes[start..<max(start, end)]
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        return String(decoding: line, as: UTF8.self)
    }
}
