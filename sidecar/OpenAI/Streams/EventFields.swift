internal import JSON

/// The fields of one whole event that matter here, as places in its bytes.
struct EventFields {
    /// The value of the only `data` field, or of the first of several.
    var data: Range<Int>?
    var dataCount = 0
    /// The value of the `event` field.
    var type: Range<Int>?

    /// Reads the lines at `range` of `bytes`; comments and other fields are skipped.
    init(_ bytes: RawSpan, at range: Range<Int>) {
        var position = range.lowerBound
        while position < range.upperBound {
            let end = Self.lineEnd(bytes, position..<range.upperBound)
            add(bytes, line: position..<end)
            position = end + 1
        }
    }

    /// All `data` fields joined by line feeds, as a client sees them.
    static func joinedData(_ bytes: RawSpan, at range: Range<Int>) -> [UInt8] {
        var joined: [UInt8] = []
        var isFirst = true
        var position = range.lowerBound
        while position < range.upperBound {
            let end = lineEnd(bytes, position..<range.upperBound)
            if let value = value(of: dataName, bytes, line: position..<end) {
                if !isFirst { joined.append(UInt8(ascii: "\n")) }
                isFirst = false
                joined += bytes.array(value)
            }
            position = end + 1
        }
        return joined
    }

    /// The lines that are not `data`, each with a line feed.
    static func otherLines(_ bytes: RawSpan, at range: Range<Int>) -> [UInt8] {
        var lines: [UInt8] = []
        var position = range.lowerBound
        while position < range.upperBound {
            let end = lineEnd(bytes, position..<range.upperBound)
            if end > position, value(of: dataName, bytes, line: position..<end) == nil {
                lines += bytes.array(position..<end) + [UInt8(ascii: "\n")]
            }
            position = end + 1
        }
        return lines
    }

    private static let dataName = Array("data".utf8)
    private static let typeName = Array("event".utf8)

    private mutating func add(_ bytes: RawSpan, line: Range<Int>) {
        if let value = Self.value(of: Self.dataName, bytes, line: line) {
            if data == nil { data = value }
            dataCount += 1
        } else if let value = Self.value(of: Self.typeName, bytes, line: line) {
            type = value
        }
    }

    private static func lineEnd(_ bytes: RawSpan, _ range: Range<Int>) -> Int {
        let feed = bytes.firstIndex(of: UInt8(ascii: "\n"), in: range)
        return bytes.firstIndex(of: UInt8(ascii: "\r"), in: range.lowerBound..<feed)
    }

    /// The value of a line `name:value` or `name: value`; empty for the bare name.
    private static func value(
        of name: [UInt8],
        _ bytes: RawSpan,
        line: Range<Int>
    ) -> Range<Int>? {
        let nameEnd = line.lowerBound + name.count
        guard nameEnd <= line.upperBound, bytes.equals(name, at: line.lowerBound..<nameEnd) else {
            return nil
        }
        if nameEnd == line.upperBound { return nameEnd..<nameEnd }
        guard bytes.byte(at: nameEnd) == UInt8(ascii: ":") else { return nil }
        var start = nameEnd + 1
        if start < line.upperBound, bytes.byte(at: start) == UInt8(ascii: " ") { start += 1 }
        return start..<line.upperBound
    }
}
