import EventLoop
import Glibc
import TestSupport
import Testing

@testable import HTTP

/// A connection in a test's hands, and its client's socket.
struct Served {
    let connection: ServerConnection
    let context: IOContext
    let client: RawSocket

    init(_ loop: EventLoop, limits: HTTPLimits = HTTPLimits()) throws {
        let (inner, outer) = RawSocket.pair()
        outer.limitWaits(seconds: 20)
        client = outer
        let budget = BodyBudget(bytesMax: 1 << 20)
        context = IOContext(loop: loop, limits: limits, budget: budget)
        connection = ServerConnection(
            socket: try StreamSocket(loop: loop, descriptor: inner),
            context: context
        )
    }

    /// Reads the head of a request that must be there. (An `await` within `#expect` would run off
    /// the loop.)
    func next() async throws {
        let isThere = try await connection.nextRequest()
        #expect(isThere)
    }
}

@Suite("RequestBody", .timeLimit(.minutes(5)))
struct RequestBodyTests {

    @Test(
        "one that is held beyond its answer is not taken for the next request, and reads as empty"
    )
    func heldBody() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let served = try Served(loop)
            let body = "GET /smuggled HTTP/1.1\r\nhost: e\r\n\r\n.."
            served.client.send(
                "POST /1 HTTP/1.1\r\nhost: x\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
                    + "GET /2 HTTP/1.1\r\nhost: x\r\n\r\n"
            )
            try await served.next()
            let held = try await served.connection.readBody()
            #expect(held.count == body.utf8.count)
            let again = try await served.connection.readBody()
            #expect(again === held)
            try await served.next()
            #expect(served.connection.head.pathText == "/2")
            #expect(held.count == 0)
            #expect(held.bytes.isEmpty)
            #expect(held.span.byteCount == 0)
            #expect(served.context.budget.bytesHeld == 0)
            served.connection.socket.close()
        }
    }

    @Test("one that is let go of early stays where it is until the next request")
    func droppedBody() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let served = try Served(loop)
            served.client.send(
                "POST /1 HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc"
                    + "POST /2 HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\ndef"
            )
            try await served.next()
            let bytes = try await served.connection.readBody().bytes
            #expect(String(decoding: bytes, as: UTF8.self) == "abc")
            #expect(served.context.budget.bytesHeld == 3)
            try await served.next()
            #expect(served.connection.head.pathText == "/2")
            #expect(served.context.budget.bytesHeld == 0)
            let body = try await served.connection.readBody()
            #expect(String(decoding: body.bytes, as: UTF8.self) == "def")
            await served.connection.closeAfterAnswer()
            #expect(served.context.budget.bytesHeld == 0)
        }
    }

    @Test("one in a buffer of its own is given back with the next request, or with its connection")
    func ownBuffer() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let served = try Served(loop)
            let large = String(repeating: "x", count: 100_000)
            let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n"
            served.client.send(head)
            try await served.next()
            let client = served.client
            try LoopThread(name: "client") { client.send(large) }.detach()
            let body = try await served.connection.readBody()
            #expect(body.count == 100_000)
            #expect(served.context.budget.bytesHeld == 100_000)
            served.client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            try await served.next()
            #expect(body.count == 0)
            #expect(served.context.budget.bytesHeld == 0)
            served.connection.socket.close()
        }
    }
}

@Suite("Draining a connection", .timeLimit(.minutes(5)))
struct DrainTests {
    /// Serves one connection, lets `act` happen on the loop while it waits for its first request,
    /// and gives what its client got.
    private func answers(
        _ act: @escaping @Sendable (Served) async -> Void
    ) async throws -> String {
        let harness = try LoopHarness()
        let client = try await harness.run { loop in
            let served = try Served(loop)
            let bound = LoopBound(served)
            harness.worker.start { _ in await serve(bound.value.connection) }
            // It waits now.
            await loop.nextTurn()
            await loop.nextTurn()
            #expect(served.connection.isIdle)
            await act(served)
            return served.client
        }
        defer { withExtendedLifetime(harness) {} }
        return await onThread { client.receiveAll() }
    }

    @Test("closes one that is idle")
    func idle() async throws {
        #expect(try await answers { $0.connection.drain() } == "")
    }

    @Test("serves a request that has come but was not read yet")
    func raced() async throws {
        let text = try await answers { served in
            served.client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n")
            served.connection.drain()
            let client = served.client
            try? LoopThread(name: "rest") {
                usleep(20_000)
                client.send("abc")
            }.detach()
        }
        #expect(text.contains("connection: close\r\n"))
        #expect(text.hasSuffix("POST /? [abc]\n"))
    }

    @Test("serves a request whose first byte has woken its task just before")
    func wokenBefore() async throws {
        let text = try await answers { served in
            served.client.send("G")
            served.connection.socket.handle(.readable)
            served.connection.drain()
            served.client.send("ET / HTTP/1.1\r\nhost: x\r\n\r\n")
        }
        #expect(text.hasSuffix("GET /? []\n"))
    }

    @Test("finishes a request whose head has come in part")
    func partial() async throws {
        let text = try await answers { served in
            served.client.send("GET / HTTP/1.1\r\n")
            while served.connection.isIdle { await served.context.loop.nextTurn() }
            served.connection.drain()
            await served.context.loop.nextTurn()
            served.client.send("host: x\r\n\r\n")
        }
        #expect(text.contains("connection: close\r\n"))
        #expect(text.hasSuffix("GET /? []\n"))
    }
}
