/// The `boundary` of a content type (RFC 2046 §5.1.1).
enum MultipartBoundary {
    /// The boundary; nil when the type is no `multipart/form-data` or has no proper one.
    static func parse(_ contentType: String) -> [UInt8]? {
        let bytes = Array(contentType.utf8)
        let type = bytes.prefix { $0 != UInt8(ascii: ";") }
        guard lowercased(trimmed(type)) == Array("multipart/form-data".utf8) else { return nil }
        var parameters = MultipartParameters(bytes[type.endIndex...])
        while let (name, value) = parameters.next() {
            guard lowercased(name[...]) == Array("boundary".utf8) else { continue }
            return isValid(value) ? value : nil
        }
        return nil
    }

    /// 1 to 70 visible ASCII characters or spaces; the last is no space.
    private static func isValid(_ boundary: [UInt8]) -> Bool {
        (1...70).contains(boundary.count) && boundary.last != 0x20
            && boundary.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }

    static func lowercased(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}

/// The `; name=value; name="value"` that follow a header's first word.
struct MultipartParameters {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The next parameter; names as written, values without quotes and their backslashes.
    mutating func next() -> (name: [UInt8], value: [UInt8])? {
        while let first = rest.first, first == UInt8(ascii: ";") || first == 0x20 || first == 0x09 {
            rest.removeFirst()
        }
        guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = Array(MultipartBoundary.trimmed(rest[..<equals]))
        rest = rest[(equals + 1)...]
        while rest.first == 0x20 { rest.removeFirst() }
        if rest.first == UInt8(ascii: "\"") { return (name, quoted()) }
        let value = rest.prefix { $0 != UInt8(ascii: ";") }
        rest = rest[value.endIndex...]
        return (name, Array(MultipartBoundary.trimmed(value)))
    }

    private mutating func quoted() -> [UInt8] {
        rest.removeFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            // Browsers send `\` of file names as it is, so only an escaped quote is an escape.
            if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "\"") {
                value.append(UInt8(ascii: "\""))
                rest.removeFirst()
            } else {
                value.append(byte)
            }
        }
        return value
    }
}
