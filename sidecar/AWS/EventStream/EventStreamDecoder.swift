internal import Cryptography
internal import JSON

/// Decodes a body of type `application/vnd.amazon.eventstream`, in pieces of any size.
///
/// A message is two lengths with their checksum, headers, a payload, and a checksum of it all. It
/// is handed out as soon as its last byte is in. Only one that came in several pieces is copied.
package struct EventStreamDecoder: Sendable {
    /// The beginning of a message whose end is yet to come.
    private var pending: [UInt8] = []
    private var failure: EventStreamError?
    private let limits: EventStreamLimits

    /// Whether all bytes so far belong to messages that were handed out.
    package var isAtBoundary: Bool { pending.isEmpty && failure == nil }

    /// A decoder of one body.
    package init(limits: EventStreamLimits = EventStreamLimits()) {
        self.limits = limits
    }

    /// Takes in the body's next piece and hands out the messages that end in it.
    ///
    /// After an error, every call throws it again and hands out nothing.
    ///
    /// - Parameter onMessage: gets the headers and the payload, whose bytes it may not keep.
    package mutating func feed(
        _ input: RawSpan,
        onMessage: (EventStreamHeaders, RawSpan) -> Void
    ) throws(EventStreamError) {
        if let failure { throw failure }
        do {
            var position = try completePending(input, onMessage)
            while position < input.byteCount {
                let rest = input.extracting(position..<input.byteCount)
                guard let total = try totalLength(rest), total <= rest.byteCount else {
                    pending.append(contentsOf: rest)
                    return
                }
                try open(rest.extracting(0..<total), onMessage)
                position += total
            }
        } catch {
            failure = error
            pending = []
            throw error
        }
    }

    /// Says that the body is over.
    package mutating func finish() throws(EventStreamError) {
        if let failure { throw failure }
        guard pending.isEmpty else {
            failure = .truncated
            pending = []
            throw .truncated
        }
    }

    // MARK: pieces

    /// A buffer beyond this is not kept for the next message, in bytes.
    private static let keptCapacityMax = 64 << 10

    /// Adds to the message that is pending what it lacks.
    ///
    /// - Returns: the place in `input` after what was taken.
    private mutating func completePending(
        _ input: RawSpan,
        _ onMessage: (EventStreamHeaders, RawSpan) -> Void
    ) throws(EventStreamError) -> Int {
        guard !pending.isEmpty else { return 0 }
        var position = 0
        if pending.count < Prelude.byteCount {
            position = take(input, from: position, upTo: Prelude.byteCount)
        }
        guard let total = try totalLength(pending.rawSpan) else { return position }
        position = take(input, from: position, upTo: total)
        guard pending.count == total else { return position }
        try open(pending.rawSpan, onMessage)
        if pending.capacity > Self.keptCapacityMax {
            pending = []
        } else {
            pending.removeAll(keepingCapacity: true)
        }
        return position
    }

    private mutating func take(_ input: RawSpan, from position: Int, upTo count: Int) -> Int {
        let end = position + min(count - pending.count, input.byteCount - position)
        pending.append(contentsOf: input.extracting(position..<end))
        return end
    }

    // MARK: messages

    /// The length of the message that begins here; nil before its prelude is in. The checksum comes
    /// first: a length is believed only with it.
    private func totalLength(_ bytes: RawSpan) throws(EventStreamError) -> Int? {
        guard let prelude = Prelude(bytes) else { return nil }
        guard CRC32.checksum(bytes.extracting(0..<8)) == prelude.checksum else {
            throw .preludeChecksum
        }
        let (total, headers) = (prelude.total, prelude.headers)
        guard total >= Prelude.messageBytesMin, headers <= total - Prelude.messageBytesMin else {
            throw .lengths(total: total, headers: headers)
        }
        guard total <= limits.messageBytesMax else { throw .messageTooLarge(total) }
        guard headers <= limits.headerBytesMax else { throw .headersTooLarge(headers) }
        return total
    }

    /// Hands out a whole message.
    private func open(
        _ message: RawSpan,
        _ onMessage: (EventStreamHeaders, RawSpan) -> Void
    ) throws(EventStreamError) {
        guard let prelude = Prelude(message) else { throw .truncated }
        let end = message.byteCount - Prelude.checksumBytes
        let checksum = UInt32(message.bigEndian(end..<message.byteCount))
        guard CRC32.checksum(message.extracting(0..<end)) == checksum else {
            throw .messageChecksum
        }
        let headersEnd = Prelude.byteCount + prelude.headers
        let reader = EventStreamHeaderReader(
            message.extracting(Prelude.byteCount..<headersEnd)
        )
        let headers = try reader.read(countMax: limits.headerCountMax)
        onMessage(headers, message.extracting(headersEnd..<end))
    }
}

/// The first 12 bytes of a message.
private struct Prelude {
    static let byteCount = 12
    static let checksumBytes = 4
    /// A message without headers and payload.
    static let messageBytesMin = byteCount + checksumBytes

    /// Bytes of the whole message.
    let total: Int
    /// Bytes of its headers.
    let headers: Int
    let checksum: UInt32

    /// Nil when the bytes are too few.
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= Self.byteCount else { return nil }
        total = Int(bytes.bigEndian(0..<4))
        headers = Int(bytes.bigEndian(4..<8))
        checksum = UInt32(bytes.bigEndian(8..<12))
    }
}
