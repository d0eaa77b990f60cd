import EventLoop
import Glibc
import HTTP
import TestSupport
import Testing

@testable import Upstream

/// Whether an attempt that failed can have reached the upstream.
@Suite("PlainTransport tells whether anything was sent", .timeLimit(.minutes(1)))
struct SentNothingTests {
    let harness: LoopHarness

    init() throws {
        harness = try LoopHarness()
    }

    private func error(
        port: UInt16,
        host: String = "127.0.0.1",
        connectMS: UInt64 = 3_000,
        headMS: UInt64 = 5_000,
        addresses: AddressCache? = nil,
        began: @Sendable (any UpstreamExchange) -> Void = { _ in }
    ) async throws -> UpstreamError {
        let result = try await harness.withPlain(addresses) { loop, transport in
            await exchange(
                transport,
                loop,
                port,
                host: host,
                connectMS: connectMS,
                headMS: headMS,
                began: began
            )
        }
        return try #require(result.error)
    }

    @Test("nothing where nobody listens")
    func refused() async throws {
        let error = try await error(port: try closedPort())
        #expect(error.kind == .connect)
        #expect(error.sentNothing)
    }

    @Test("nothing where the name has no address")
    func unresolvable() async throws {
        let names = FakeNames()
        names.fail()
        let error = try await error(
            port: 80,
            host: "name.test",
            addresses: try names.cache(refreshMS: 1_000)
        )
        #expect(error.kind == .resolve)
        #expect(error.sentNothing)
    }

    @Test("nothing where the name is not resolved in time")
    func slowName() async throws {
        let names = FakeNames()
        names.hold()
        defer { names.release() }
        let error = try await error(
            port: 80,
            host: "name.test",
            connectMS: 50,
            addresses: try names.cache(refreshMS: 1_000)
        )
        #expect(error.kind == .connectTimeout)
        #expect(error.sentNothing)
    }

    @Test("nothing where the connection does not stand in time")
    func slowConnection() async throws {
        let listening = try ListeningSocket.bind(
            try #require(SocketAddress(parsing: "127.0.0.1:0"))
        )
        defer { listening.close() }
        // Nobody accepts, and the backlog is full after this: further connections get no answer.
        _ = listen(listening.descriptor, 0)
        let result = try await harness.withPlain { loop, transport in
            let others = try (0..<4).map { _ in
                try StreamSocket.connecting(to: listening.address, on: loop)
            }
            defer { for other in others { other.close() } }
            return await exchange(transport, loop, listening.address.port, connectMS: 100)
        }
        #expect(result.failure == .connectTimeout)
        #expect(result.error?.sentNothing == true)
    }

    @Test("nothing where it was cancelled before")
    func cancelled() async throws {
        let error = try await error(port: try closedPort()) { $0.cancel() }
        #expect(error.kind == .cancelled)
        #expect(error.sentNothing)
    }

    @Test("something where the connection is reset after the request")
    func reset() async throws {
        let server = try ScriptedServer { peer, _ in
            _ = peer.receive(until: "\r\n\r\n")
            peer.resetAtEnd()
        }
        defer { server.stop() }
        let error = try await error(port: server.port)
        #expect(error.kind == .closedBeforeHead)
        #expect(!error.sentNothing)
    }

    @Test("something where no answer comes in time")
    func silent() async throws {
        let server = try ScriptedServer { peer, _ in _ = peer.receiveAll() }
        defer { server.stop() }
        let error = try await error(port: server.port, headMS: 50)
        #expect(error.kind == .firstByteTimeout)
        #expect(!error.sentNothing)
    }

    @Test("something where a pooled connection broke under the request and no other stands")
    func stale() async throws {
        let server = try ScriptedServer { peer, _ in
            _ = peer.receive(until: "\r\n\r\n")
            peer.send(PlainTransportTests.answer)
            _ = peer.receive(until: "\r\n\r\n")
        }
        let port = server.port
        let result = try await harness.withPlain { loop, transport in
            _ = await exchange(transport, loop, port)
            server.stop()
            return await exchange(transport, loop, port)
        }
        #expect(result.failure == .connect)
        #expect(result.error?.sentNothing == false)
    }
}
