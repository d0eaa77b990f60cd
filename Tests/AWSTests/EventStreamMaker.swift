import AWS
import Cryptography
import JSON

/// Makes messages of event streams, right and wrong ones.
enum EventStreamMaker {
    /// A message with right checksums around whatever is given.
    static func message(headers: [UInt8], payload: [UInt8] = []) -> [UInt8] {
        prelude(total: 16 + headers.count + payload.count, headers: headers.count)
            + closing(headers + payload, headers: headers.count)
    }

    /// A prelude with its right checksum, whatever the lengths.
    static func prelude(total: Int, headers: Int) -> [UInt8] {
        let lengths = bigEndian(UInt32(total)) + bigEndian(UInt32(headers))
        return lengths + bigEndian(CRC32.checksum(lengths.rawSpan))
    }

    /// A header that is a text.
    static func header(_ name: String, _ text: String) -> [UInt8] {
        [UInt8(name.utf8.count)] + Array(name.utf8) + [7]
            + bigEndian(UInt16(text.utf8.count)) + Array(text.utf8)
    }

    static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func closing(_ content: [UInt8], headers: Int) -> [UInt8] {
        let all = prelude(total: 16 + content.count, headers: headers) + content
        return content + bigEndian(CRC32.checksum(all.rawSpan))
    }
}

/// What a decoder handed out, kept.
struct Opened: Hashable {
    let headers: EventStreamHeaders
    let payload: [UInt8]
}

extension EventStreamDecoder {
    /// Feeds one piece; what came out before the error, if any, and the error.
    mutating func open(_ piece: [UInt8]) -> (messages: [Opened], error: EventStreamError?) {
        var messages: [Opened] = []
        do {
            try feed(piece.rawSpan) { headers, payload in
                messages.append(
                    Opened(headers: headers, payload: payload.array(0..<payload.byteCount))
                )
            }
            return (messages, nil)
        } catch {
            return (messages, error)
        }
    }
}
