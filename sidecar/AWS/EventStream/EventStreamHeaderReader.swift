internal import JSON

/// Reads the headers of one message: a name with its length, a type, a value, and so on.
struct EventStreamHeaderReader: ~Escapable {
    private let bytes: RawSpan
    private var position = 0

    /// - Parameter bytes: all headers of one message, and nothing else.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    /// All headers.
    consuming func read(countMax: Int) throws(EventStreamError) -> EventStreamHeaders {
        var list: [EventStreamHeaders.Header] = []
        while position < bytes.byteCount {
            guard list.count < countMax else { throw .tooManyHeaders }
            let count = Int(try integer(1))
            guard count > 0 else { throw .malformedHeader }
            let name = try text(count)
            // Few headers, so a walk is quicker than a set.
            guard !list.contains(where: { $0.name == name }) else { throw .repeatedHeader(name) }
            if list.isEmpty { list.reserveCapacity(4) }
            list.append(EventStreamHeaders.Header(name: name, value: try value()))
        }
        return EventStreamHeaders(list: list)
    }

    private mutating func value() throws(EventStreamError) -> EventStreamValue {
        switch UInt8(try integer(1)) {
        case 0: .bool(true)
        case 1: .bool(false)
        case 2: .int8(Int8(truncatingIfNeeded: try integer(1)))
        case 3: .int16(Int16(truncatingIfNeeded: try integer(2)))
        case 4: .int32(Int32(truncatingIfNeeded: try integer(4)))
        case 5: .int64(Int64(bitPattern: try integer(8)))
        case 6: .bytes(bytes.array(try take(Int(try integer(2)))))
        case 7: .string(try text(Int(try integer(2))))
        case 8: .timestamp(Int64(bitPattern: try integer(8)))
        case 9: .uuid(bytes.array(try take(16)))
        case let type: throw .unknownType(type)
        }
    }

    private mutating func take(_ count: Int) throws(EventStreamError) -> Range<Int> {
        guard count <= bytes.byteCount - position else { throw .malformedHeader }
        defer { position += count }
        return position..<position + count
    }

    /// The next bytes as an unsigned integer.
    private mutating func integer(_ count: Int) throws(EventStreamError) -> UInt64 {
        bytes.bigEndian(try take(count))
    }

    private mutating func text(_ count: Int) throws(EventStreamError) -> String {
        let range = try take(count)
        guard let text = bytes.validText(range) else { throw .invalidText }
        return text
    }
}
