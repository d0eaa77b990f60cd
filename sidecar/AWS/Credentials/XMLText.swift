/// The few things that are looked for in STS's answers: the text of elements by their name,
/// wherever they stand, prefixes of namespaces ignored.
///
/// A document with a DOCTYPE is not read: what it declares could make it grow.
struct XMLText {
    private let bytes: [UInt8]

    /// Nil for what is no XML that STS would send.
    init?(_ bytes: [UInt8]) {
        let isMarkup = bytes.first { $0 > 0x20 } == UInt8(ascii: "<")
        let text = String(validating: bytes, as: UTF8.self)
        guard isMarkup, let text, !text.lowercased().contains("<!doctype") else { return nil }
        self.bytes = bytes
    }

    /// The text of the first element of a name that holds nothing but text, its entities decoded
    /// and white space around it cut off; nil when there is none.
    func text(of name: String) -> String? {
        var rest = bytes[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
            guard let close = rest[open...].firstIndex(of: UInt8(ascii: ">")) else { return nil }
            let tag = rest[(open + 1)..<close]
            rest = rest[(close + 1)...]
            guard Self.isStart(tag, name) else { continue }
            guard let end = rest.firstIndex(of: UInt8(ascii: "<")) else { return nil }
            let next = rest[end...].dropFirst()
            guard next.first == UInt8(ascii: "/") else { continue }
            return Self.decoded(rest[..<end])
        }
        return nil
    }

    /// Whether a tag opens an element of this name, whatever its prefix.
    private static func isStart(_ tag: ArraySlice<UInt8>, _ name: String) -> Bool {
        guard tag.last != UInt8(ascii: "/") else { return false }
        let full = tag.prefix { $0 > 0x20 }
        let local = full.lastIndex(of: UInt8(ascii: ":")).map { full[($0 + 1)...] } ?? full
        return local.elementsEqual(name.utf8)
    }

    private static func decoded(_ raw: ArraySlice<UInt8>) -> String? {
        var text: [UInt8] = []
        var rest = raw
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "&") else {
                text.append(byte)
                continue
            }
            guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let scalar = entity(String(decoding: rest[..<end], as: UTF8.self))
            else { return nil }
            text.append(contentsOf: String(Character(scalar)).utf8)
            rest = rest[(end + 1)...]
        }
        let trimmed = text.drop { $0 <= 0x20 }
        let end = trimmed.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? trimmed.startIndex
        return String(decoding: trimmed[..<end], as: UTF8.self)
    }

    /// The five named ones and those by number (XML 1.0 §4.1, §4.6).
    private static func entity(_ name: String) -> Unicode.Scalar? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        let number =
            digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return number.flatMap { Unicode.Scalar($0) }
    }
}
