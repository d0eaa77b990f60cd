import EventLoop
import HTTP
import TestSupport
import Testing

@testable import Upstream

@Suite("CurlTransport over HTTP/1.1 and TLS", .timeLimit(.minutes(1)))
struct CurlTransportTests {
    static let server = Result { try TLSFixture() }
    let server: TLSFixture
    let harness: LoopHarness

    init() throws {
        server = try CurlTransportTests.server.get()
        harness = try LoopHarness()
    }

    private var trusting: TLSSettings { TLSSettings(caFile: server.caFile) }

    private func call(
        _ path: String,
        _ method: HTTPMethod = .get,
        body: [UInt8] = [],
        lines: String = ""
    ) -> TestCall {
        TestCall(method: method, path: path, port: server.port, body: body, lines: lines)
    }

    @Test("carries a request and its answer")
    func roundTrip() async throws {
        let call = call("/echo?a=b", .post, body: Array("hello".utf8))
        let answer = try await harness.withTransport(trusting) {
            try await perform($0, call)
        }
        #expect(answer.status == 200)
        #expect(answer.contentLength == 5)
        #expect(answer.text == "hello")
    }

    @Test("sends the header lines it is given and none of libcurl's own")
    func headerLines() async throws {
        let call = call(
            "/head/../head",
            .post,
            body: [UInt8](repeating: 0x61, count: 2 << 20),
            lines: "X-One: 1\r\nX-Empty:\r\ncontent-type: application/json\r\n"
        )
        let text = try await harness.withTransport(trusting) {
            try await perform($0, call).text
        }
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.first == "POST /head/../head HTTP/1.1")
        #expect(
            Set(lines.dropFirst()) == [
                "Host: localhost:\(server.port)", "X-One: 1", "X-Empty:",
                "content-type: application/json", "Content-Length: 2097152",
            ]
        )
    }

    @Test("sends GET, HEAD and DELETE without a body", arguments: [0, 1, 2])
    func bodiless(number: Int) async throws {
        let call = call("/head", [HTTPMethod.get, .head, .delete][number])
        let answer = try await harness.withTransport(trusting) {
            try await perform($0, call)
        }
        #expect(answer.status == 200)
        guard number != 1 else {
            #expect(answer.body.isEmpty && answer.contentLength != nil)
            return
        }
        #expect(answer.text.hasPrefix("\(call.method.name) /head HTTP/1.1\n"))
        #expect(!answer.text.lowercased().contains("content-length"))
    }

    @Test("carries a body of a megabyte both ways")
    func largeBody() async throws {
        let bytes = (0..<1_048_577).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let call = call("/echo", .post, body: bytes)
        let body = try await harness.withTransport(trusting) {
            try await perform($0, call).body
        }
        #expect(body == call.body)
    }

    @Test("hands out a stream's pieces as they are sent, and drops the framing's fields")
    func stream() async throws {
        let call = call("/stream?pieces")
        let advance = self.call("/advance?pieces")
        let (pieces, coding) = try await harness.withTransport(trusting) { transport in
            let exchange = transport.makeExchange()
            try await send(exchange, call, transport.loop)
            var pieces: [String] = []
            // The server sends the next event only after the last one was received here.
            while let piece = try await nextPiece(exchange) {
                pieces.append(String(decoding: piece, as: UTF8.self))
                if pieces.count < 3 { _ = try await perform(transport, advance) }
            }
            #expect(exchange.contentLength == nil)
            return (pieces, exchange.fields.string("transfer-encoding"))
        }
        #expect(pieces == ["data: 0\n\n", "data: 1\n\n", "data: 2\n\n"])
        #expect(coding == nil)
    }

    @Test("passes over interim answers")
    func interim() async throws {
        let call = call("/interim")
        let answer = try await harness.withTransport(trusting) { try await perform($0, call) }
        #expect(answer.status == 201)
        #expect(answer.text == "final")
        #expect(answer.head.contains("X-Final: yes") && !answer.head.contains("Link"))
    }

    @Test("stops reading while nobody takes the body, and goes on afterwards")
    func backPressure() async throws {
        let call = call("/flood")
        let log = self.call("/log")
        let (before, count) = try await harness.withTransport(trusting) { transport in
            let exchange = transport.makeExchange()
            try await send(exchange, call, transport.loop)
            await pause(transport.loop, milliseconds: 400)
            let before = try await perform(transport, log).text
            var count = 0
            while let piece = try await nextPiece(exchange) {
                #expect(piece.count <= 3 * CurlExchange.unreadBytesMax)
                count += piece.count
            }
            return (before, count)
        }
        #expect(count == 32 << 20)
        #expect(!before.contains("flooded 512"))
    }

    @Test("closes the connection when it is cancelled within a stream")
    func cancel() async throws {
        let call = call("/drip")
        let log = self.call("/log")
        let (error, text) = try await harness.withTransport(trusting) { transport in
            let exchange = transport.makeExchange()
            try await send(exchange, call, transport.loop)
            _ = try await nextPiece(exchange)
            exchange.cancel()
            let error = await failure { _ = try await nextPiece(exchange) }
            await pause(transport.loop, milliseconds: 200)
            return (error, try await perform(transport, log).text)
        }
        #expect(error?.kind == .cancelled)
        #expect(text.contains("drip ended"))
    }

    @Test("one that was cancelled before it was sent is not sent")
    func cancelBeforeSending() async throws {
        let call = call("/")
        let (error, count) = try await harness.withTransport(trusting) { transport in
            let exchange = transport.makeExchange()
            exchange.cancel()
            let error = await failure { try await send(exchange, call, transport.loop) }
            return (error, transport.connectionCount)
        }
        #expect(error?.kind == .cancelled)
        #expect(error?.sentNothing == true)
        #expect(count == 0)
    }

    @Test("wakes a task that waits for the head when it is cancelled")
    func cancelBeforeHead() async throws {
        let call = call("/hang")
        let error = try await harness.withTransport(trusting) { transport in
            let exchange = transport.makeExchange()
            let timer = DeadlineTimer(loop: transport.loop) { exchange.cancel() }
            timer.set(.now().advanced(milliseconds: 100))
            return await failure { try await send(exchange, call, transport.loop) }
        }
        #expect(error?.kind == .cancelled)
    }

    @Test("closes the connection of an exchange that is let go of unfinished")
    func abandoned() async throws {
        let call = call("/drip")
        let count = try await harness.withTransport(trusting) { transport in
            do {
                let exchange = transport.makeExchange()
                try await send(exchange, call, transport.loop)
            }
            return transport.socketCount
        }
        #expect(count == 0)
    }

    @Test("serves a second request on the first one's connection, and opens another after a close")
    func reuse() async throws {
        let call = call("/connection")
        let closing = self.call("/thenclose")
        let (numbers, sockets) = try await harness.withTransport(trusting) { transport in
            var numbers: [String] = []
            for call in [call, call, closing, call] {
                numbers.append(try await perform(transport, call).text)
                await pause(transport.loop, milliseconds: 50)
            }
            transport.closeIdle()
            return (numbers, transport.socketCount)
        }
        #expect(numbers[0] == numbers[1] && numbers[1] == numbers[2])
        #expect(numbers[3] != numbers[0])
        #expect(sockets == 0)
    }

    @Test("leaves an idle connection's socket registered, until the other side closes it")
    func keptSocket() async throws {
        let call = call("/connection")
        let counts = try await harness.withTransport(trusting) { transport in
            var counts: [Int] = []
            for call in [call, call, self.call("/thenclose")] {
                _ = try await perform(transport, call)
                counts.append(transport.socketCount)
            }
            await pause(transport.loop, milliseconds: 100)
            return counts + [transport.socketCount]
        }
        #expect(counts == [1, 1, 1, 0])
    }

    @Test("sends a body again when an idle connection turns out to be closed")
    func staleConnection() async throws {
        let closing = call("/thenclose")
        let echo = call("/echo", .post, body: [UInt8](repeating: 0x7A, count: 200_000))
        let count = try await harness.withTransport(trusting) { transport in
            _ = try await perform(transport, closing)
            return try await perform(transport, echo).body.count
        }
        #expect(count == 200_000)
    }

    @Test("takes an answer that comes before the request was read")
    func early() async throws {
        let call = call("/early", .post, body: [UInt8](repeating: 0x7A, count: 4 << 20))
        let status = try await harness.withTransport(trusting) { transport in
            let exchange = transport.makeExchange()
            try await send(exchange, call, transport.loop)
            return exchange.status
        }
        #expect(status == 413)
    }

    @Test("sends the rest of a body from a copy when the head comes before it was read")
    func earlyHead() async throws {
        let bytes = (0..<8 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        let call = call("/earlyecho", .post, body: bytes)
        let body = try await harness.withTransport(trusting) { try await perform($0, call).body }
        #expect(body.count == bytes.count)
        #expect(body == bytes)
    }
}
