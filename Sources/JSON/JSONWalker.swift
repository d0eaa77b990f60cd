/// Walks the children of one object or array, where it lies in a document.
///
/// It is for documents that a `JSONScanner` has found to be well formed, long after the scan: it
/// needs no scanner and keeps nothing but its place. Scalars inside are as unchecked as they were.
/// In a document that was never scanned it may find nonsense, but nothing outside the document.
///
/// Complexity: O(n) over the container; strings are passed over at the speed of memchr.
package struct JSONWalker {
    /// A member of an object, or an element of an array (whose key is empty).
    package struct Child: Hashable, Sendable {
        /// From the key's quote to after its closing quote.
        package let key: Range<Int>
        /// From the value's first byte to after its last.
        package let value: Range<Int>

        /// From the key to the end of the value.
        package var range: Range<Int> { key.lowerBound..<value.upperBound }
    }

    private var position: Int
    private let isObject: Bool

    /// A walk through the container whose bracket is at `start`; nil when there is none.
    package init?(_ document: RawSpan, at start: Int) {
        guard start >= 0, start < document.byteCount else { return nil }
        switch document.byte(at: start) {
        case UInt8(ascii: "{"): isObject = true
        case UInt8(ascii: "["): isObject = false
        default: return nil
        }
        position = start + 1
    }

    /// The next child; nil after the last.
    package mutating func next(_ document: RawSpan) -> Child? {
        skipPunctuation(document)
        guard position < document.byteCount else { return nil }
        var key = position..<position
        if isObject {
            guard document.byte(at: position) == UInt8(ascii: "\"") else { return nil }
            key = position..<JSONWalker.end(ofValueAt: position, in: document)
            position = key.upperBound
            skipPunctuation(document)
        }
        let start = position
        position = JSONWalker.end(ofValueAt: start, in: document)
        return start < position ? Child(key: key, value: start..<position) : nil
    }

    /// What a value is, from its first byte; nil where no value begins.
    package static func kind(_ document: RawSpan, at start: Int) -> JSONKind? {
        guard start >= 0, start < document.byteCount else { return nil }
        switch document.byte(at: start) {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"): return .true
        case UInt8(ascii: "f"): return .false
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: return nil
        }
    }

    /// The place after the value that begins at `start`: after the closing quote or bracket, or
    /// before what ends a number or a word. `start` itself where no value begins.
    package static func end(ofValueAt start: Int, in document: RawSpan) -> Int {
        switch kind(document, at: start) {
        case .string: return stringEnd(start, document)
        case .object, .array: return containerEnd(start, document)
        case nil: return start
        default: break
        }
        var end = start
        while end < document.byteCount, !isDelimiter(document.byte(at: end)) { end += 1 }
        return end
    }

    private mutating func skipPunctuation(_ document: RawSpan) {
        while position < document.byteCount {
            let byte = document.byte(at: position)
            guard JSONWalker.isSpace(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ":")
            else { return }
            position += 1
        }
    }

    private static func stringEnd(_ start: Int, _ document: RawSpan) -> Int {
        let end = document.byteCount
        var quote = start
        while true {
            quote = document.firstIndex(of: UInt8(ascii: "\""), in: min(quote + 1, end)..<end)
            guard quote < end else { return end }
            var slashes = 0
            while document.byte(at: quote - slashes - 1) == UInt8(ascii: "\\") { slashes += 1 }
            if slashes.isMultiple(of: 2) { return quote + 1 }
        }
    }

    private static func containerEnd(_ start: Int, _ document: RawSpan) -> Int {
        var depth = 0
        var position = start
        while position < document.byteCount {
            switch document.byte(at: position) {
            case UInt8(ascii: "\""):
                position = stringEnd(position, document)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return position + 1 }
            default: break
            }
            position += 1
        }
        return position
    }

    private static func isDelimiter(_ byte: UInt8) -> Bool {
        isSpace(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]")
            || byte == UInt8(ascii: "}")
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
