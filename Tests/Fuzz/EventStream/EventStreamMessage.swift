import AWS
import Cryptography
import JSON

/// One message of an event stream, and its bytes: written from AWS' description of the format, to
/// compare with what the product reads.
struct EventStreamMessage: Equatable {
    let headers: EventStreamHeaders
    let payload: [UInt8]

    init(_ headers: EventStreamHeaders, _ payload: RawSpan) {
        self.headers = headers
        self.payload = payload.array(0..<payload.byteCount)
    }

    /// The message as it is sent.
    var encoded: [UInt8] {
        let list = headers.list.flatMap(Self.encoded)
        return Self.sealed(list, payload)
    }

    private static func sealed(_ headers: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        let total = 16 + headers.count + payload.count
        var bytes = bigEndian(UInt32(total)) + bigEndian(UInt32(headers.count))
        bytes += bigEndian(CRC32.checksum(bytes.rawSpan))
        bytes += headers + payload
        return bytes + bigEndian(CRC32.checksum(bytes.rawSpan))
    }

    private static func encoded(_ header: EventStreamHeaders.Header) -> [UInt8] {
        let name = Array(header.name.utf8)
        return [UInt8(name.count)] + name + encoded(header.value)
    }

    private static func encoded(_ value: EventStreamValue) -> [UInt8] {
        switch value {
        case .bool(true): [0]
        case .bool(false): [1]
        case .int8(let value): [2, UInt8(bitPattern: value)]
        case .int16(let value): [3] + bigEndian(UInt16(bitPattern: value))
        case .int32(let value): [4] + bigEndian(UInt32(bitPattern: value))
        case .int64(let value): [5] + bigEndian(UInt64(bitPattern: value))
        case .bytes(let bytes): [6] + bigEndian(UInt16(bytes.count)) + bytes
        case .string(let text): [7] + bigEndian(UInt16(text.utf8.count)) + Array(text.utf8)
        case .timestamp(let value): [8] + bigEndian(UInt64(bitPattern: value))
        case .uuid(let bytes): [9] + bytes
        }
    }

    private static func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// The same bytes cut into messages by the lengths that they name, as far as those make sense,
    /// each with its right checksums.
    static func resealed(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes[...]
        while rest.count >= 16 {
            let total = min(max(integer(rest), 16), rest.count)
            let message = rest.prefix(total)
            let headers = min(integer(rest.dropFirst(4)), total - 16)
            let content = Array(message.dropFirst(12).dropLast(4))
            result += sealed(Array(content[..<headers]), Array(content[headers...]))
            rest = rest.dropFirst(total)
        }
        return result + rest
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
}
