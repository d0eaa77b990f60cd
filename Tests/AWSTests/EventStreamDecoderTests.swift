import Cryptography
import JSON
import TestSupport
import Testing

@testable import AWS

@Suite("The event stream's decoder")
struct EventStreamDecoderTests {
    private static let good = Vectors.list("eventstream").filter { $0.text("expect").isEmpty }
    private static let bad = Vectors.list("eventstream").filter { !$0.text("expect").isEmpty }

    /// A value as the vectors write it.
    private func json(_ value: EventStreamValue) -> JSONValue {
        switch value {
        case .bool(let value): .bool(value)
        case .int8(let value): .integer(Int64(value))
        case .int16(let value): .integer(Int64(value))
        case .int32(let value): .integer(Int64(value))
        case .int64(let value), .timestamp(let value): .integer(value)
        case .bytes(let bytes), .uuid(let bytes): .string(Hex.encode(bytes))
        case .string(let text): .string(text)
        }
    }

    private func expect(_ opened: Opened, is vector: Vector) {
        let headers = opened.headers.list.map { JSONValue.Member($0.name, json($0.value)) }
        #expect(headers == vector.members("headers"))
        #expect(String(decoding: opened.payload, as: UTF8.self) == vector.text("payload"))
    }

    @Test("opens what AWS's own library opens", arguments: good)
    func opens(vector: Vector) throws {
        var decoder = EventStreamDecoder()
        let (messages, error) = decoder.open(vector.bytes("hex"))
        #expect(error == nil)
        try #require(messages.count == 1)
        expect(messages[0], is: vector)
        try decoder.finish()
    }

    @Test("hands out each message with its last byte, when bytes come one by one", arguments: good)
    func bytewise(vector: Vector) throws {
        var decoder = EventStreamDecoder()
        let bytes = vector.bytes("hex")
        for byte in bytes.dropLast() {
            let (messages, error) = decoder.open([byte])
            #expect(messages.isEmpty && error == nil)
            #expect(!decoder.isAtBoundary)
        }
        let (messages, error) = decoder.open(bytes.suffix(1))
        #expect(error == nil)
        try #require(messages.count == 1)
        expect(messages[0], is: vector)
        #expect(decoder.isAtBoundary)
    }

    @Test("refuses what AWS's own library refuses, in one piece and byte by byte", arguments: bad)
    func refuses(vector: Vector) {
        let bytes = vector.bytes("hex")
        var whole = EventStreamDecoder()
        let isPrelude = vector.text("name").contains("prelude")
        let expected = isPrelude ? EventStreamError.preludeChecksum : .messageChecksum
        #expect(whole.open(bytes) == ([], expected))
        var decoder = EventStreamDecoder()
        let fatal = isPrelude ? 12 : bytes.count
        for (place, byte) in bytes.enumerated() {
            let error = place + 1 >= fatal ? expected : nil
            #expect(decoder.open([byte]) == ([], error))
        }
    }

    @Test("has nine good and two bad vectors to hold to")
    func vectorCount() {
        #expect(Self.good.count == 9 && Self.bad.count == 2)
    }

    @Test("hands out what came before an error, and nothing after it")
    func afterError() {
        let good = Self.good[0].bytes("hex")
        var decoder = EventStreamDecoder()
        let (messages, error) = decoder.open(good + Self.bad[0].bytes("hex") + good)
        #expect(messages.count == 1)
        #expect(error == .messageChecksum)
        #expect(decoder.open(good) == ([], .messageChecksum))
        #expect(throws: EventStreamError.messageChecksum) { try decoder.finish() }
        #expect(!decoder.isAtBoundary)
    }

    @Test("says that a body was cut off, wherever it was", arguments: good)
    func truncated(vector: Vector) {
        let bytes = vector.bytes("hex")
        for count in 1..<bytes.count {
            var decoder = EventStreamDecoder()
            #expect(decoder.open(Array(bytes[..<count])) == ([], nil))
            #expect(throws: EventStreamError.truncated) { try decoder.finish() }
            #expect(decoder.open(bytes) == ([], .truncated))
        }
    }

    @Test("finds a body without messages complete")
    func empty() throws {
        var decoder = EventStreamDecoder()
        #expect(decoder.open([]) == ([], nil))
        try decoder.finish()
    }

    @Test(
        "refuses lengths that contradict each other, before anything else is in",
        arguments: [(0, 0), (15, 0), (16, 1), (100, 85), (100, 0xFFFF_FFFF), (1, 0xFFFF_FFF0)]
    )
    func lengths(total: Int, headers: Int) {
        var decoder = EventStreamDecoder()
        let prelude = EventStreamMaker.prelude(total: total, headers: headers)
        #expect(decoder.open(prelude) == ([], .lengths(total: total, headers: headers)))
    }

    @Test("holds messages, headers and their number to limits, on both sides of each")
    func limits() {
        let header = EventStreamMaker.header("a", "b") + EventStreamMaker.header("c", "d")
        let message = EventStreamMaker.message(headers: header, payload: [1, 2, 3])
        func error(_ total: Int, _ headers: Int, _ count: Int) -> EventStreamError? {
            var decoder = EventStreamDecoder(
                limits: EventStreamLimits(
                    messageBytesMax: total,
                    headerBytesMax: headers,
                    headerCountMax: count
                )
            )
            return decoder.open(message).error
        }
        #expect(error(message.count, header.count, 2) == nil)
        #expect(error(message.count - 1, header.count, 2) == .messageTooLarge(message.count))
        #expect(error(message.count, header.count - 1, 2) == .headersTooLarge(header.count))
        #expect(error(message.count, header.count, 1) == .tooManyHeaders)
        var decoder = EventStreamDecoder()
        let huge = EventStreamMaker.prelude(total: 16 << 20 + 1, headers: 0)
        #expect(decoder.open(huge).error == .messageTooLarge(16 << 20 + 1))
    }

    @Test(
        "refuses headers that do not fit together",
        arguments: [
            ([0, 7, 0, 0], .malformedHeader), ([1], .malformedHeader),
            ([1, 0x61], .malformedHeader), ([2, 0x61, 0], .malformedHeader),
            ([1, 0x61, 10], .unknownType(10)), ([1, 0x61, 255], .unknownType(255)),
            ([1, 0x61, 2], .malformedHeader), ([1, 0x61, 3, 0], .malformedHeader),
            ([1, 0x61, 4, 0, 0, 0], .malformedHeader), ([1, 0x61, 5, 0], .malformedHeader),
            ([1, 0x61, 6, 0], .malformedHeader), ([1, 0x61, 6, 0, 1], .malformedHeader),
            ([1, 0x61, 7, 255, 255, 0x61], .malformedHeader), ([1, 0x61, 8, 0], .malformedHeader),
            ([1, 0x61, 9, 0], .malformedHeader), ([1, 0xFF, 0], .invalidText),
            ([1, 0x61, 7, 0, 1, 0xC3], .invalidText),
            ([1, 0x61, 0, 1, 0x61, 1], .repeatedHeader("a")),
        ] as [([UInt8], EventStreamError)]
    )
    func headers(bytes: [UInt8], error: EventStreamError) {
        var decoder = EventStreamDecoder()
        // The payload would complete any header that is read beyond its place.
        let payload = [UInt8](repeating: 0x61, count: 64)
        let message = EventStreamMaker.message(headers: bytes, payload: payload)
        #expect(decoder.open(message) == ([], error))
    }

    @Test(
        "tells events, exceptions and errors apart",
        arguments: [
            ([(":message-type", "event"), (":event-type", "metadata")], .event(type: "metadata")),
            ([(":message-type", "event")], .event(type: "")),
            (
                [(":message-type", "exception"), (":exception-type", "throttlingException")],
                .exception(type: "throttlingException")
            ),
            (
                [(":error-code", "c"), (":error-message", "m"), (":message-type", "error")],
                .error(code: "c", message: "m")
            ),
            ([(":message-type", "other")], .unknown), ([(":event-type", "metadata")], .unknown),
            ([], .unknown),
        ] as [([(String, String)], EventStreamKind)]
    )
    func kind(headers: [(String, String)], kind: EventStreamKind) {
        var decoder = EventStreamDecoder()
        let bytes = headers.flatMap { EventStreamMaker.header($0.0, $0.1) }
        let (messages, _) = decoder.open(EventStreamMaker.message(headers: bytes))
        #expect(messages.first?.headers.kind == kind)
        #expect(messages.first?.headers.contentType == nil)
    }

    @Test("opens the same messages however the body is cut")
    func randomSplits() {
        var random = SeededRandom.make()
        for _ in 0..<100 {
            let vectors = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                Self.good[Int.random(in: 0..<Self.good.count, using: &random)]
            }
            let large = EventStreamMaker.message(
                headers: [],
                payload: [UInt8](repeating: 7, count: Int.random(in: 0...100_000, using: &random))
            )
            let body = vectors.flatMap { $0.bytes("hex") } + large + large
            var whole = EventStreamDecoder()
            let expected = whole.open(body)
            #expect(expected.messages.count == vectors.count + 2 && expected.error == nil)
            let pieceMax = [20, 500, 50_000][Int.random(in: 0..<3, using: &random)]
            let opened = Self.openPieces(of: body, pieceMax: pieceMax, &random)
            #expect(opened == expected)
        }
    }

    @Test("opens nothing that was changed, and never fails otherwise than by an error")
    func randomCorruption() {
        var random = SeededRandom.make()
        for _ in 0..<2000 {
            let vectors = (0..<3).map { _ in
                Self.good[Int.random(in: 0..<Self.good.count, using: &random)]
            }
            let parts = vectors.map { $0.bytes("hex") }
            var body = parts.flatMap { $0 }
            let place = Int.random(in: 0..<body.count, using: &random)
            body[place] ^= UInt8.random(in: 1...255, using: &random)
            let (messages, error) = Self.openPieces(of: body, pieceMax: 200, &random)
            // One changed byte is always found by one of the two checksums.
            var intact = 0
            var end = 0
            for part in parts {
                end += part.count
                if end <= place { intact += 1 }
            }
            #expect(messages.count == intact)
            #expect(error == .preludeChecksum || error == .messageChecksum)
        }
    }

    @Test("reads random headers, right checksums around them, without going astray")
    func randomHeaders() {
        var random = SeededRandom.make()
        var openedCount = 0
        for _ in 0..<5000 {
            let count = Int.random(in: 0...24, using: &random)
            let headers = (0..<count).map { _ in UInt8.random(in: 0...12, using: &random) }
            var decoder = EventStreamDecoder()
            let (messages, error) = decoder.open(
                EventStreamMaker.message(headers: headers, payload: [1, 2])
            )
            #expect((messages.count == 1) == (error == nil))
            if let message = messages.first {
                openedCount += 1
                #expect(message.payload == [1, 2])
                #expect(Set(message.headers.list.map(\.name)).count == message.headers.list.count)
            }
        }
        #expect(openedCount > 0)
    }

    private static func openPieces(
        of body: [UInt8],
        pieceMax: Int,
        _ random: inout SeededRandom
    ) -> (messages: [Opened], error: EventStreamError?) {
        var decoder = EventStreamDecoder()
        var messages: [Opened] = []
        var position = 0
        while position < body.count {
            let end = min(position + Int.random(in: 0...pieceMax, using: &random), body.count)
            let (more, error) = decoder.open(Array(body[position..<end]))
            messages += more
            if let error { return (messages, error) }
            position = end
        }
        do {
            try decoder.finish()
            return (messages, nil)
        } catch {
            return (messages, error)
        }
    }
}
