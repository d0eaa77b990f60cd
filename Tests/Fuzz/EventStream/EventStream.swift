import AWS
import Cryptography
import JSON

/// `event-stream`: a body of AWS' event streams, as `EventStreamDecoder` reads it.
extension Target {
    static let eventStream = Target(
        name: "event-stream",
        repair: { EventStreamMessage.resealed($0) },
        check: { bytes in
            let whole = Decoded([bytes[...]])
            for pieces in Splits.of(bytes) {
                let other = Decoded(pieces)
                require(other == whole, "in pieces \(other), at once \(whole)")
            }
            var position = 0
            for message in whole.messages {
                let encoded = message.encoded
                let end = position + encoded.count
                require(
                    end <= bytes.count && bytes[position..<end] == encoded[...],
                    "\(message) is not what was sent"
                )
                EventStreamDamage.check(encoded)
                position = end
            }
            if whole.error == nil { require(position == bytes.count, "something was left out") }
            return .passed
        }
    )
}

/// What a decoder made of a body.
private struct Decoded: Equatable {
    var messages: [EventStreamMessage] = []
    var error: EventStreamError?

    init(_ pieces: [ArraySlice<UInt8>]) {
        var decoder = EventStreamDecoder()
        do throws(EventStreamError) {
            for piece in pieces {
                try decoder.feed(Array(piece).rawSpan) { headers, payload in
                    messages.append(EventStreamMessage(headers, payload))
                }
            }
            let isAtBoundary = decoder.isAtBoundary
            try decoder.finish()
            require(isAtBoundary, "an end within a message is none")
        } catch {
            self.error = error
            require(!decoder.isAtBoundary, "a boundary after \(error)")
        }
    }
}

/// Both checksums are looked at: a message with one bit turned is refused, whichever it is.
enum EventStreamDamage {
    static func check(_ message: [UInt8]) {
        let bitCount = message.count * 8
        // All of a short message, and a few hundred of a long one.
        for bit in stride(from: 0, to: bitCount, by: max(1, bitCount / 400)) {
            var damaged = message
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            var decoder = EventStreamDecoder()
            var error: EventStreamError?
            do throws(EventStreamError) {
                try decoder.feed(damaged.rawSpan) { _, _ in
                    fail("taken with bit \(bit) turned", #fileID, #line)
                }
            } catch let thrown {
                error = thrown
            }
            let expected: EventStreamError = bit < 96 ? .preludeChecksum : .messageChecksum
            require(error == expected, "bit \(bit) turned gives \(String(describing: error))")
        }
    }
}
