import EventLoop
import Glibc
import TestSupport
import Testing

@testable import Upstream

@Suite("PlainTransport", .timeLimit(.minutes(1)))
struct PlainTransportTests {
    static let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"

    /// Makes exchanges one after the other with a server.
    private func results(
        _ count: Int,
        body: [UInt8] = [],
        headMS: UInt64 = 5_000,
        idleMS: UInt64 = 5_000,
        _ serve: @escaping @Sendable (RawSocket, Int) -> Void
    ) async throws -> (results: [PlainResult], connections: Int) {
        let harness = try LoopHarness()
        let server = try ScriptedServer(serve)
        defer { server.stop() }
        let port = server.port
        let results = try await harness.withPlain { loop, transport in
            var results: [PlainResult] = []
            for _ in 0..<count {
                results.append(
                    await exchange(
                        transport,
                        loop,
                        port,
                        body: body,
                        headMS: headMS,
                        idleMS: idleMS
                    )
                )
                await pause(loop, milliseconds: 30)
            }
            return results
        }
        return (results, server.connections)
    }

    /// Answers request after request with `text`.
    private static func repeating(_ text: String) -> @Sendable (RawSocket, Int) -> Void {
        return { peer, _ in
            while peer.receive(until: "\r\n\r\n").contains("\r\n\r\n") { peer.send(text) }
        }
    }

    @Test("a connection serves exchange after exchange")
    func reuse() async throws {
        let (results, connections) = try await results(5, Self.repeating(Self.answer))
        #expect(results.allSatisfy { $0.status == 200 && $0.body == "hi" && $0.failure == nil })
        #expect(connections == 1)
    }

    @Test(
        "one that said close, ended its answer so, or sent more than it is not used again",
        arguments: [
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi",
            "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi!",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nHTTP/1.1 500",
        ]
    )
    func notReused(text: String) async throws {
        let (results, connections) = try await results(3, Self.repeating(text))
        #expect(results.allSatisfy { $0.body == "hi" && $0.failure == nil })
        #expect(connections == 3)
    }

    @Test("a pooled connection that breaks before a byte of an answer is replaced once")
    func staleRetry() async throws {
        let (results, connections) = try await results(2) { peer, number in
            _ = peer.receive(until: "\r\n\r\n")
            peer.send(Self.answer)
            // The second request is read, and the first connection then closed without an answer.
            if number == 0 { _ = peer.receive(until: "\r\n\r\n") }
        }
        #expect(results.map(\.body) == ["hi", "hi"])
        #expect(connections == 2)
    }

    @Test("one that breaks after a byte of an answer, or when it is new, is not replaced")
    func noRetry() async throws {
        let (partial, count) = try await results(2) { peer, _ in
            _ = peer.receive(until: "\r\n\r\n")
            peer.send(Self.answer)
            _ = peer.receive(until: "\r\n\r\n")
            peer.send("HTTP/1.1 2")
        }
        #expect(partial[1].failure == .closedBeforeHead)
        #expect(count == 1)
        let (fresh, freshCount) = try await results(1) { peer, _ in
            _ = peer.receive(until: "\r\n\r\n")
        }
        #expect(fresh[0].failure == .closedBeforeHead)
        #expect(freshCount == 1)
    }

    @Test(
        "answers that break off or are no HTTP end with the right failure",
        arguments: [
            ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi", UpstreamError.Kind.closedInBody),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n", .closedInBody),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", .closedInBody),
            ("SSH-2.0-x\r\n\r\n", .malformed), ("HTTP/1.1 200 OK\r\n", .closedBeforeHead),
        ]
    )
    func broken(text: String, kind: UpstreamError.Kind) async throws {
        let (results, _) = try await results(1) { peer, _ in
            _ = peer.receive(until: "\r\n\r\n")
            peer.send(text)
        }
        #expect(results[0].failure == kind)
    }

    @Test("an answer that comes before the body is sent counts, and the connection ends with it")
    func earlyAnswer() async throws {
        let body = [UInt8](repeating: 0, count: 16 << 20)
        let (results, _) = try await results(1, body: body) { peer, _ in
            _ = peer.receive(until: "\r\n\r\n")
            peer.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno")
            peer.finishSending()
            usleep(200_000)
        }
        #expect(results[0].status == 413)
        #expect(results[0].body == "no")
    }

    @Test("no head, and then no body, in time end the exchange")
    func deadlines() async throws {
        let (silent, _) = try await results(1, headMS: 40) { peer, _ in _ = peer.receiveAll() }
        #expect(silent[0].failure == .firstByteTimeout)
        let (stalled, _) = try await results(1, idleMS: 40) { peer, _ in
            _ = peer.receive(until: "\r\n\r\n")
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi")
            _ = peer.receiveAll()
        }
        #expect(stalled[0].status == 200)
        #expect(stalled[0].failure == .idleTimeout)
    }

    @Test("nobody listening is a failure to connect")
    func refused() async throws {
        let port = try closedPort()
        let harness = try LoopHarness()
        let result = try await harness.withPlain { loop, transport in
            await exchange(transport, loop, port)
        }
        #expect(result.failure == .connect)
    }

    @Test("cancelling wakes at once: before sending, while waiting for the head, within the body")
    func cancels() async throws {
        let harness = try LoopHarness()
        let server = try ScriptedServer { peer, number in
            _ = peer.receive(until: "\r\n\r\n")
            if number > 0 { peer.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi") }
            _ = peer.receiveAll()
        }
        defer { server.stop() }
        let port = server.port
        let results = try await harness.withPlain { loop, transport in
            var results = [await exchange(transport, loop, port) { $0.cancel() }]
            for status in [0, 200] {
                let timer = LoopBound(Cut(loop: loop, status: status))
                results.append(
                    await exchange(transport, loop, port) { timer.value.cut($0, loop) }
                )
            }
            return results
        }
        #expect(results.map(\.failure) == [.cancelled, .cancelled, .cancelled])
        #expect(results.map(\.status) == [0, 0, 200])
        #expect(server.connections == 2)
    }
}

/// Cancels an exchange a moment from now, once it has come to a status.
private final class Cut {
    private var timer: DeadlineTimer?
    private var exchange: (any UpstreamExchange)?

    init(loop: EventLoop, status: Int) {
        timer = DeadlineTimer(loop: loop) { [weak self, loop] in
            if self?.exchange?.status == status {
                self?.exchange?.cancel()
            } else {
                self?.timer?.set(loop.now.advanced(milliseconds: 10))
            }
        }
    }

    func cut(_ exchange: any UpstreamExchange, _ loop: EventLoop) {
        self.exchange = exchange
        timer?.set(loop.now.advanced(milliseconds: 50))
    }
}
