internal import YAML

/// A file of the configuration, kept for the source lines that diagnostics quote.
package struct SourceFile: Sendable {
    /// As the user named it, or as `include` resolves it.
    package let name: String
    package let bytes: [UInt8]
    /// Whether its tags in braces are those of a template, which hold names and no values.
    package let isTemplate: Bool
    /// Where every `lineStep`th line begins, from the first on: a file may be nothing but line
    /// ends, and an index of all of them would be many times its size.
    private let lineStarts: [Int]
    private static let lineStep = 64

    /// Keeps the bytes and finds the lines in them.
    package init(name: String, bytes: [UInt8], isTemplate: Bool = false) {
        self.name = name
        self.bytes = bytes
        self.isTemplate = isTemplate
        var starts = [0]
        var number = 0
        var offset = 0
        let span = bytes.span
        while offset < span.count {
            if span[offset] == UInt8(ascii: "\n") {
                number += 1
                if number % Self.lineStep == 0 { starts.append(offset + 1) }
            }
            offset += 1
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
        bytes(ofLine: number).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of a line without its end, or nil; counts from 1.
    func bytes(ofLine number: Int) -> ArraySlice<UInt8>? {
        guard number >= 1, (number - 1) / Self.lineStep < lineStarts.count else { return nil }
        var start = lineStarts[(number - 1) / Self.lineStep]
        for _ in 0..<(number - 1) % Self.lineStep {
            let end = lineEnd(from: start)
            guard end < bytes.count else { return nil }
            start = end + 1
        }
        var line = bytes[start..<lineEnd(from: start)]
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        return line
    }

    private func lineEnd(from start: Int) -> Int {
        bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    }
}
