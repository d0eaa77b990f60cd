internal import CSimdJSON

/// A JSON document as a tree, for cold paths. Members keep their order, duplicates included.
package indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A whole number above what Int64 holds; never a smaller one.
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One member of an object.
    package struct Member: Hashable, Sendable {
        package var key: String
        package var value: JSONValue

        package init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// Parses any JSON document; strict, with at most `depthMax` nested containers.
    package init(parsing document: RawSpan, depthMax: Int = 512) throws(JSONError) {
        var code: Int32 = 0
        let tree = unsafe document.withUnsafeBytes { buffer in
            unsafe sg_json_tree_create(
                buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
                buffer.count,
                depthMax,
                &code
            )
        }
        guard let tree = unsafe tree else {
            throw JSONError(code: Int(code), offset: 0) ?? .syntax(offset: 0)
        }
        defer { unsafe sg_json_tree_destroy(tree) }
        guard let tape = unsafe sg_json_tree_tape(tree),
            let strings = unsafe sg_json_tree_strings(tree)
        else { throw .outOfMemory }
        var reader = unsafe TapeReader(tape: tape, strings: strings, position: 1)
        self = reader.value()
    }

    /// Parses any JSON text.
    package init(parsing text: String) throws(JSONError) {
        let document = text.utf8Span.span
        try self.init(parsing: unsafe document.bytes)
    }

    /// Parses any JSON document.
    package init(parsing bytes: [UInt8], depthMax: Int = 512) throws(JSONError) {
        let document = bytes.span
        try self.init(parsing: unsafe document.bytes, depthMax: depthMax)
    }

    /// The first member of an object with this key; nil for other values.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The document without spaces.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Writes the value where `writer` stands.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .unsigned(let value): writer.raw(String(value))
        case .number(let value): writer.double(value)
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.key(member.key)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }
}

/// Walks simdjson's tape, whose words are a tag in the top byte and a payload below.
@safe private struct TapeReader {
    let tape: UnsafePointer<UInt64>
    let strings: UnsafePointer<UInt8>
    var position: Int

    mutating func value() -> JSONValue {
        let word = unsafe tape[position]
        let payload = Int(word & 0x00FF_FFFF_FFFF_FFFF)
        position += 1
        switch UInt8(word >> 56) {
        case UInt8(ascii: "{"): return object(end: payload & 0xFFFF_FFFF)
        case UInt8(ascii: "["): return array(end: payload & 0xFFFF_FFFF)
        case UInt8(ascii: "\""): return .string(string(at: payload))
        case UInt8(ascii: "l"): return .integer(Int64(bitPattern: next()))
        case UInt8(ascii: "u"): return .unsigned(next())
        case UInt8(ascii: "d"): return .number(Double(bitPattern: next()))
        case UInt8(ascii: "t"): return .bool(true)
        case UInt8(ascii: "f"): return .bool(false)
        default: return .null
        }
    }

    private mutating func next() -> UInt64 {
        defer { position += 1 }
        return unsafe tape[position]
    }

    /// `end` is the place after the closing bracket's word.
    private mutating func array(end: Int) -> JSONValue {
        var elements: [JSONValue] = []
        while position < end - 1 { elements.append(value()) }
        position = end
        return .array(elements)
    }

    private mutating func object(end: Int) -> JSONValue {
        var members: [JSONValue.Member] = []
        while position < end - 1 {
            let key = string(at: Int(next() & 0x00FF_FFFF_FFFF_FFFF))
            members.append(JSONValue.Member(key, value()))
        }
        position = end
        return .object(members)
    }

    /// Strings are a 32-bit length, then the bytes.
    private func string(at offset: Int) -> String {
        let count = unsafe UnsafeRawPointer(strings).loadUnaligned(
            fromByteOffset: offset,
            as: UInt32.self
        )
        let bytes = unsafe UnsafeBufferPointer(start: strings + offset + 4, count: Int(count))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}
