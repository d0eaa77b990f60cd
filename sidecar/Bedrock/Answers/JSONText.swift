internal import JSON

/// JSON that goes from one document into another.
///
/// A scan has checked the documents' UTF-8, nesting and punctuation, but not what nested scalars
/// hold. What is copied is checked here, so that an answer is valid JSON whatever AWS sent.
enum JSONText {
    private static let quote = UInt8(ascii: "\"")
    private static let slash = UInt8(ascii: "\\")
    /// Without any of these a text is as short as it can be.
    private static let dispensable = [slash] + Array(" \n\t\r".utf8)

    /// The string at `range` as a string with quotes; nil when it holds an escape that JSON does
    /// not have. Text without escapes, which is most, is copied as it is.
    static func string(_ document: RawSpan, at range: Range<Int>) -> [UInt8]? {
        guard range.count >= 2 else { return nil }
        if document.firstIndex(of: slash, in: range) == range.upperBound {
            return document.array(range)
        }
        guard let text = JSONScalars.bytes(of: document, at: range) else { return nil }
        return JSONEscape.quoted(String(decoding: text, as: UTF8.self))
    }

    /// The same without its quotes, to be joined with others.
    static func inside(_ document: RawSpan, at range: Range<Int>) -> ArraySlice<UInt8>? {
        string(document, at: range)?.dropFirst().dropLast()
    }

    /// What `inside` gave, as a string again.
    static func quoted(_ inside: some Collection<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(inside.count + 2)
        bytes.append(quote)
        bytes += inside
        bytes.append(quote)
        return bytes
    }

    /// The text of a value without spaces and without escapes that need not be. Numbers keep their
    /// digits and members their order, since a prompt cache goes by the bytes that come back.
    static func compact(_ document: RawSpan, at range: Range<Int>) -> [UInt8] {
        let isCompact = dispensable.allSatisfy {
            document.firstIndex(of: $0, in: range) == range.upperBound
        }
        if isCompact { return document.array(range) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = document.byte(at: position)
            if byte == quote {
                let end = JSONWalker.end(ofValueAt: position, in: document)
                let text = position..<min(end, range.upperBound)
                bytes += string(document, at: text) ?? document.array(text)
                position = text.upperBound
                continue
            }
            if byte > 0x20 { bytes.append(byte) }
            position += 1
        }
        return bytes
    }

    /// A value that an answer carries as it is; nil when it is not valid throughout.
    static func checked(_ document: RawSpan, at range: Range<Int>) -> [UInt8]? {
        (try? JSONValue(parsing: document.extracting(range)))?.bytes
    }
}
