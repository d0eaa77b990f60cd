/// What the references of one table are worth in this process: looked up once, at load.
package struct ReferenceValues: Sendable {
    private let values: [String?]

    /// - Parameter values: one for each of `RouteTable.references`, nil for what is missing.
    package init(_ values: [String?]) {
        self.values = values
    }

    /// The value of a reference; nil when it is missing.
    package subscript(index: Int) -> String? {
        index < values.count ? values[index] : nil
    }
}

extension RouteTable {
    /// A text with its reference looked up; nil when that has no value.
    package func resolve(_ text: TextRef, using values: ReferenceValues) -> String? {
        switch text.kind {
        case .literal(let id), .secret(let id): string(id)
        case .reference(let index): values[index]
        }
    }

    /// All texts of a list; nil when one has no value.
    package func resolve(_ list: TextList, using values: ReferenceValues) -> [String]? {
        var result: [String] = []
        result.reserveCapacity(list.count)
        for text in list {
            guard let value = resolve(text, using: values) else { return nil }
            result.append(value)
        }
        return result
    }

    /// The JSON text that pieces make: literals as they stand, references as JSON strings; nil
    /// when a reference has no value.
    package func resolve(json pieces: TextList, using values: ReferenceValues) -> String? {
        var json = ""
        for piece in pieces {
            guard let value = resolve(piece, using: values) else { return nil }
            if case .reference = piece.kind {
                json += quoted(value)
            } else {
                json += value
            }
        }
        return json
    }

    /// The same, with JSON of the caller's in place of references without a value.
    package func resolve(
        json pieces: TextList,
        using values: ReferenceValues,
        missing: String
    ) -> String {
        pieces.reduce(into: "") { json, piece in
            guard let value = resolve(piece, using: values) else { return json += missing }
            if case .reference = piece.kind { json += quoted(value) } else { json += value }
        }
    }

    /// The references that a text, a list or JSON pieces hold and that have no value.
    package func missingReferences(
        in texts: some Sequence<TextRef>,
        using values: ReferenceValues
    ) -> [Int] {
        texts.compactMap { text in
            guard case .reference(let index) = text.kind, values[index] == nil else { return nil }
            return index
        }
    }
}

/// A JSON string (RFC 8259, section 7).
private func quoted(_ text: String) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    bytes.reserveCapacity(text.utf8.count + 2)
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0..<0x20:
            bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        default: bytes.append(byte)
        }
    }
    bytes.append(UInt8(ascii: "\""))
    return String(decoding: bytes, as: UTF8.self)
}
