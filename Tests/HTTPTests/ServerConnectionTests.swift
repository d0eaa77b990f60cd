import EventLoop
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import HTTP

@Suite("ServerConnection", .timeLimit(.minutes(5)))
struct ServerConnectionTests {
    static let get = "GET /a?b=c HTTP/1.1\r\nhost: x\r\n\r\n"

    @Test("answers a request, and the next one on the same connection")
    func keepsAlive() async throws {
        let texts = try await Conversation().run { client in
            client.send(Self.get)
            let first = client.receive(until: "]\n")
            client.send("POST /p HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nxyz")
            let second = client.receive(until: "]\n")
            client.finishSending()
            return [first, second, client.receiveAll()]
        }
        #expect(texts[0].hasSuffix("\r\n\r\nGET /a?b=c []\n"))
        #expect(texts[1].hasSuffix("POST /p? [xyz]\n"))
        #expect(texts[2].isEmpty)
    }

    @Test("answers pipelined requests in their order, bodies in between")
    func pipelining() async throws {
        let post = "POST /p HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nxyz"
        let chunked =
            "POST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            + "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
        let answers = try await Conversation().answers(
            to: Self.get + post + chunked + post + Self.get
        )
        let bodies = answers.split(separator: "\r\n\r\n").dropFirst().map {
            $0.prefix { $0 != "\n" }
        }
        #expect(
            bodies == [
                "GET /a?b=c []", "POST /p? [xyz]", "POST /c? [abc]", "POST /p? [xyz]",
                "GET /a?b=c []",
            ]
        )
    }

    @Test("a row of requests ends with the limit, one after the other there is none")
    func pipeliningLimit() async throws {
        var conversation = Conversation()
        conversation.limits.pipelinedMax = 3
        let request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n"
        let row = String(repeating: request, count: 4)
        let fits = try await conversation.answers(to: row)
        #expect(fits.statuses == [200, 200, 200, 200])
        let more = try await conversation.answers(to: row + request)
        #expect(more.statuses == [200, 200, 200, 200])
        #expect(more.contains("connection: close\r\n"))
        let single = try await conversation.run { client in
            (0..<9).map { _ in
                client.send(request)
                return client.receive(until: "[]\n").statuses
            }
        }
        #expect(single == [[Int]](repeating: [200], count: 9))
    }

    @Test("reads the same from requests that come byte by byte")
    func byteByByte() async throws {
        let text =
            "\r\nPOST /p?q HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
            + "POST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            + "3;a=b\r\nabc\r\n0\r\ntrailer: x\r\n\r\n" + Self.get
        let whole = try await Conversation().answers(to: text)
        #expect(whole.statuses == [200, 200, 200])
        let split = try await Conversation().run { client in
            for byte in text.utf8 { client.send([byte]) }
            client.finishSending()
            return client.receiveAll()
        }
        #expect(split == whole)
        for place in stride(from: 1, to: text.utf8.count, by: 7) {
            let halves = try await Conversation().run { client in
                client.send(Array(text.utf8.prefix(place)))
                usleep(300)
                client.send(Array(text.utf8.dropFirst(place)))
                client.finishSending()
                return client.receiveAll()
            }
            #expect(halves == whole, "split at \(place)")
        }
    }

    @Test("says 100 Continue to a client that waits for it, and not to one that does not")
    func expectContinue() async throws {
        let head =
            "POST /p HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n"
        let texts = try await Conversation().run { client in
            client.send(head)
            let interim = client.receive(until: "\r\n\r\n")
            client.send("xyz")
            let answer = client.receive(until: "]\n")
            client.send(head + "xyz")
            return [interim, answer, client.receive(until: "]\n")]
        }
        #expect(texts[0] == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(texts[1].hasSuffix("POST /p? [xyz]\n"))
        #expect(texts[2].hasPrefix("HTTP/1.1 200 "))
    }

    @Test("closes after an HTTP/1.0 request and after Connection: close")
    func closes() async throws {
        for text in [
            "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        ] {
            let answer = try await Conversation().run { client in
                client.send(text)
                return client.receiveAll()
            }
            #expect(answer.contains("connection: close\r\n"))
            #expect(answer.hasSuffix("GET /? []\n"))
        }
    }

    @Test(
        "takes bodies up to the limit and refuses larger ones",
        arguments: [(10, 200), (11, 413)]
    )
    func bodyLimit(count: Int, status: Int) async throws {
        var conversation = Conversation()
        conversation.limits.bodyBytesMax = 10
        let body = String(repeating: "x", count: count)
        let sized = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: \(count)\r\n\r\n\(body)"
        #expect(try await conversation.answers(to: sized).statuses == [status])
        let hex = String(count, radix: 16)
        let chunked =
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            + "\(hex)\r\n\(body)\r\n0\r\n\r\n"
        #expect(try await conversation.answers(to: chunked).statuses == [status])
    }

    @Test("refuses a body for which there is no memory, and takes one again afterwards")
    func budget() async throws {
        var conversation = Conversation()
        conversation.budgetBytes = 10
        let ok = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n0123456789"
        let large = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\n0123456789a"
        #expect(try await conversation.answers(to: ok + ok + large).statuses == [200, 200, 503])
    }

    @Test("refuses a chunked body that is nearly all framing")
    func chunkFraming() async throws {
        var conversation = Conversation()
        conversation.limits.headBytesMax = 1000
        let head = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        let small = (0..<1000).map { _ in "1\r\nx\r\n" }.joined() + "0\r\n\r\n"
        #expect(try await conversation.answers(to: head + small).statuses == [200])
        let padding = String(repeating: "e", count: 100)
        let extended = (0..<100).map { _ in "1;\(padding)\r\nx\r\n" }.joined() + "0\r\n\r\n"
        #expect(try await conversation.answers(to: head + extended).statuses == [400])
        let trailers = (0..<100).map { "t\($0): \(padding)\r\n" }.joined() + "\r\n"
        #expect(try await conversation.answers(to: head + "0\r\n" + trailers).statuses == [400])
    }

    @Test("a client that sends a refused body without end still reads its answer")
    func answersFloods() async throws {
        var conversation = Conversation()
        conversation.limits.bodyBytesMax = 1000
        let text = try await conversation.run { client in
            client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 104857600\r\n\r\n")
            let piece = [UInt8](repeating: 0x78, count: 1 << 20)
            for _ in 0..<100 where !client.send(piece) { break }
            return client.receiveAll()
        }
        #expect(text.statuses == [413])
    }

    @Test("gives up a slow head with 408, also one that came behind another request")
    func slowHead() async throws {
        var conversation = Conversation()
        conversation.limits.headMS = 50
        conversation.limits.keepAliveIdleMS = 60_000
        let text = try await conversation.run { client in
            client.send(Self.get + "GET / HT")
            return client.receiveAll()
        }
        #expect(text.statuses == [200, 408])
    }

    @Test("gives up a slow body with 408, and an idle connection in silence")
    func slowBody() async throws {
        var conversation = Conversation()
        conversation.limits.bodyIdleMS = 50
        conversation.limits.keepAliveIdleMS = 50
        let slow = try await conversation.run { client in
            client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nx")
            return client.receiveAll()
        }
        #expect(slow.statuses == [408])
        #expect(try await conversation.run { $0.receiveAll() } == "")
    }
}

@Suite("Neighbours of a busy connection", .timeLimit(.minutes(5)))
struct NeighbourTests {
    /// Runs a client that keeps its server's socket full; counts the turns that a neighbour got.
    private func turns(
        beside talk: @escaping @Sendable (RawSocket) -> Void,
        limits: HTTPLimits = HTTPLimits()
    ) async throws -> Int {
        let harness = try LoopHarness()
        let (inner, outer) = RawSocket.pair()
        let hasEnded = Atomic<Bool>(false)
        return try await harness.run { loop in
            let socket = try StreamSocket(loop: loop, descriptor: inner)
            let budget = BodyBudget(bytesMax: 1 << 30)
            let context = IOContext(loop: loop, limits: limits, budget: budget)
            let bound = LoopBound(ServerConnection(socket: socket, context: context))
            let finished = LoopBound(Waiter(loop: loop))
            harness.worker.start { _ in
                await serve(bound.value)
                hasEnded.store(true, ordering: .relaxed)
                finished.value.signal()
            }
            try LoopThread(name: "flood") { talk(outer) }.detach()
            var turns = 0
            while !hasEnded.load(ordering: .relaxed) {
                await loop.nextTurn()
                turns += 1
            }
            _ = await finished.value.wait(until: nil)
            return turns
        }
    }

    @Test("one whose refused body is read to its end leaves them their turns")
    func refusedBody() async throws {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 10
        let count = try await turns(
            beside: { client in
                client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 67108864\r\n\r\n")
                let piece = [UInt8](repeating: 0x78, count: 1 << 20)
                for _ in 0..<64 where !client.send(piece) { break }
            },
            limits: limits
        )
        #expect(count > 32)
    }

    @Test("pipelined requests leave them their turns")
    func pipelined() async throws {
        var limits = HTTPLimits()
        limits.pipelinedMax = 500
        let count = try await turns(
            beside: { client in
                let text = String(repeating: ServerConnectionTests.get, count: 500)
                Peer.drain(client)
                client.send(text)
                client.finishSending()
            },
            limits: limits
        )
        #expect(count > 250)
    }

    private enum Peer {
        /// Reads away what the server answers, so that it can go on.
        static func drain(_ client: RawSocket) {
            try? LoopThread(name: "drain") { _ = client.receiveAll() }.detach()
        }
    }
}
