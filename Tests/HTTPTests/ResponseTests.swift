import EventLoop
import TestSupport
import Testing

@testable import HTTP

@Suite("Answers", .timeLimit(.minutes(5)))
struct ResponseTests {
    static let get = "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

    /// Reads one request, lets `answer` answer it, and gives what the client got to the end.
    private func answer(
        _ request: String = get,
        smallBuffer: Bool = false,
        _ answer: @escaping @Sendable (ServerConnection) async throws -> Void
    ) async throws -> String {
        let harness = try LoopHarness()
        let client = try await harness.run { loop in
            let (inner, outer) = RawSocket.pair()
            if smallBuffer { RawSocket.shrinkSendBuffer(inner) }
            outer.limitWaits(seconds: 20)
            let budget = BodyBudget(bytesMax: 1 << 20)
            let context = IOContext(loop: loop, limits: HTTPLimits(), budget: budget)
            let socket = try StreamSocket(loop: loop, descriptor: inner)
            let bound = LoopBound(ServerConnection(socket: socket, context: context))
            harness.worker.start { _ in
                _ = try? await bound.value.nextRequest()
                try? await answer(bound.value)
                await bound.value.closeAfterAnswer()
            }
            outer.send(request)
            return outer
        }
        defer { withExtendedLifetime(harness) {} }
        return await onThread { client.receiveAll() }
    }

    @Test("a sized answer has its fields and its length; a HEAD request gets no body")
    func sized() async throws {
        for method in ["GET", "HEAD"] {
            let text = try await answer("\(method) / HTTP/1.1\r\nhost: x\r\n\r\n") { connection in
                let writer = connection.beginResponse(status: 404)
                writer.field("content-type", "text/plain")
                writer.field("x-number", -12)
                writer.field("x-text", "a\r\nb: c")
                try await connection.send(contentLength: 5) { $0.append("hello") }
            }
            #expect(
                text == "HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\nx-number: -12\r\n"
                    + "x-text: a  b: c\r\ncontent-length: 5\r\n\r\n"
                    + (method == "GET" ? "hello" : "")
            )
        }
    }

    @Test(
        "a stream is chunked for 1.1, ends with the connection for 1.0, and is left out for HEAD"
    )
    func streamed() async throws {
        let stream: @Sendable (ServerConnection) async throws -> Void = { connection in
            _ = connection.beginResponse(status: 200)
            connection.beginStream()
            try await connection.sendPieces { output in
                output.append("0123456789")
                output.append("abcdef")
            }
            try await connection.sendPieces { _ in }
            try await connection.sendPieces { $0.append("x") }
            try await connection.endStream()
        }
        #expect(
            try await answer(Self.get, stream)
                == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                + "10\r\n0123456789abcdef\r\n1\r\nx\r\n0\r\n\r\n"
        )
        #expect(
            try await answer("GET / HTTP/1.0\r\n\r\n", stream)
                == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n0123456789abcdefx"
        )
        #expect(
            try await answer("HEAD / HTTP/1.1\r\nhost: x\r\n\r\n", stream)
                == "HTTP/1.1 200 OK\r\n\r\n"
        )
    }

    @Test("a stream of known size is sent as it is")
    func sizedStream() async throws {
        let text = try await answer { connection in
            _ = connection.beginResponse(status: 200)
            connection.beginStream(contentLength: 4)
            try await connection.sendPieces { $0.append("ab") }
            try await connection.sendPieces { $0.append("cd") }
            try await connection.endStream()
        }
        #expect(text == "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd")
    }

    @Test(
        "pieces that the socket takes bit by bit arrive whole, even if their memory changes"
    )
    func partialWrites() async throws {
        let text = try await answer(smallBuffer: true) { connection in
            _ = connection.beginResponse(status: 200)
            connection.beginStream()
            let memory = ByteBuffer()
            for number in 0..<20 {
                memory.removeAll()
                memory.append([UInt8](repeating: UInt8(ascii: "a") + UInt8(number), count: 50_000))
                try await connection.sendPieces { output in
                    for start in stride(from: 0, to: 50_000, by: 500) {
                        output.append(memory, start..<start + 500)
                    }
                }
            }
            try await connection.endStream()
        }
        var expected = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        for number in 0..<20 {
            let letter = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number)))
            expected += "c350\r\n" + String(repeating: letter, count: 50_000) + "\r\n"
        }
        #expect(text == expected + "0\r\n\r\n")
    }

    @Test("bytes of answers are counted, heads included")
    func counts() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let served = try Served(loop)
            served.client.send(Self.get)
            try await served.next()
            _ = served.connection.beginResponse(status: 200)
            try await served.connection.send(contentLength: 2) { $0.append("hi") }
            #expect(served.connection.bytesIn == Self.get.utf8.count)
            #expect(
                served.connection.bytesOut
                    == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".utf8.count
            )
            served.connection.socket.close()
        }
    }

    @Test("a client that takes nothing is given up")
    func stalled() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            #expect(loop.isOnLoop)
            var limits = HTTPLimits()
            limits.writeStallMS = 50
            let served = try Served(loop, limits: limits)
            served.client.send(Self.get)
            try await served.next()
            _ = served.connection.beginResponse(status: 200)
            let bytes = [UInt8](repeating: 0, count: 8 << 20)
            var end: ServerConnectionError?
            do throws(ServerConnectionError) {
                try await served.connection.send(contentLength: bytes.count) {
                    $0.append(keeping: bytes)
                }
            } catch let error {
                end = error
            }
            #expect(end == .timedOut)
            #expect(!served.connection.staysOpen)
            served.connection.socket.close()
        }
    }
}
