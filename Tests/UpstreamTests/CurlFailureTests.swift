import EventLoop
import HTTP
import TestSupport
import Testing

@testable import Upstream

@Suite("CurlTransport's failures", .timeLimit(.minutes(1)))
struct CurlFailureTests {
    let server: TLSFixture
    let harness: LoopHarness

    init() throws {
        server = try CurlTransportTests.server.get()
        harness = try LoopHarness()
    }

    private func kind(_ call: TestCall, _ tls: TLSSettings? = nil) async throws -> UpstreamError {
        let settings = tls ?? TLSSettings(caFile: server.caFile)
        let error = try await harness.withTransport(settings) { transport in
            await failure { _ = try await perform(transport, call) }
        }
        return try #require(error)
    }

    @Test("refuses a certificate that nobody trusted has signed")
    func untrusted() async throws {
        let error = try await kind(
            TestCall(path: "/echo", port: server.port),
            TLSSettings(caFile: "/etc/ssl/certs/ca-certificates.crt")
        )
        #expect(error.kind == .tls)
        #expect(error.detail.contains("certificate"))
    }

    @Test("refuses a certificate for another name")
    func wrongName() async throws {
        // Any name below localhost has the loopback address (RFC 6761 §6.3, libcurl does so too).
        let call = TestCall(path: "/echo", host: "other.localhost", port: server.port)
        let error = try await kind(call)
        #expect(error.kind == .tls)
        #expect(error.detail.contains("other.localhost"))
    }

    @Test("accepts any certificate when it is told not to verify")
    func unverified() async throws {
        let call = TestCall(path: "/connection", port: server.port)
        let status = try await harness.withTransport(TLSSettings(verifies: false)) {
            try await perform($0, call).status
        }
        #expect(status == 200)
    }

    @Test("tells a refused connection")
    func refused() async throws {
        let error = try await kind(TestCall(path: "/", port: try closedPort()))
        #expect(error.kind == .connect)
    }

    @Test("tells a name without an address")
    func unresolvable() async throws {
        let error = try await kind(TestCall(path: "/", host: "no-such-host.invalid", port: 443))
        #expect(error.kind == .resolve)
    }

    @Test("nothing was sent where no connection stood, or none that can be trusted")
    func sentNothing() async throws {
        let listener = try ListeningSocket.bind(try #require(SocketAddress(parsing: "127.0.0.1:0")))
        defer { listener.close() }
        var silent = TestCall(path: "/", port: listener.address.port)
        silent.connectMS = 100
        var impatient = silent
        (impatient.connectMS, impatient.headMS) = (3_000, 100)
        let calls: [(TestCall, UpstreamError.Kind)] = [
            (TestCall(path: "/", port: try closedPort()), .connect),
            (TestCall(path: "/", host: "no-such-host.invalid", port: 443), .resolve),
            (TestCall(path: "/echo", host: "other.localhost", port: server.port), .tls),
            (silent, .connectTimeout), (impatient, .firstByteTimeout),
        ]
        for (call, expected) in calls {
            let error = try await kind(call)
            #expect(error.kind == expected)
            #expect(error.sentNothing, "\(error)")
        }
    }

    @Test("something was sent where the connection broke or stayed silent afterwards")
    func sentSomething() async throws {
        var silent = TestCall(path: "/hang", port: server.port)
        silent.headMS = 200
        for call in [TestCall(path: "/drop", port: server.port), silent] {
            let error = try await kind(call)
            #expect(!error.sentNothing, "\(error)")
        }
    }

    @Test("tells a handshake that never ends")
    func handshakeTimeout() async throws {
        let listener = try ListeningSocket.bind(SocketAddress(parsing: "127.0.0.1:0")!)
        defer { listener.close() }
        let text = "\(listener.address)"
        let port = UInt16(text[text.index(after: text.lastIndex(of: ":")!)...])!
        var call = TestCall(path: "/", port: port)
        call.connectMS = 200
        let error = try await kind(call)
        #expect(error.kind == .connectTimeout)
    }

    @Test(
        "tells where the connection broke",
        arguments: [
            ("/cut", UpstreamError.Kind.closedInBody), ("/cutchunks", .closedInBody),
            ("/drop", .closedBeforeHead), ("/garbage", .malformed),
        ]
    )
    func broken(path: String, expected: UpstreamError.Kind) async throws {
        let error = try await kind(TestCall(path: path, port: server.port))
        #expect(error.kind == expected, "\(error)")
    }

    @Test("hands out what came before the connection broke")
    func bytesBeforeCut() async throws {
        let call = TestCall(path: "/cut", port: server.port)
        let piece = try await harness.withTransport(TLSSettings(caFile: server.caFile)) {
            let exchange = $0.makeExchange()
            try await send(exchange, call, $0.loop)
            return try await nextPiece(exchange)
        }
        #expect(piece.map { String(decoding: $0, as: UTF8.self) } == "half")
    }

    @Test("gives up when the head does not come in time")
    func headDeadline() async throws {
        var call = TestCall(path: "/hang", port: server.port)
        call.headMS = 200
        let error = try await kind(call)
        #expect(error.kind == .firstByteTimeout)
    }

    @Test("tells a body that has stalled, and can go on afterwards")
    func idleDeadline() async throws {
        let call = TestCall(path: "/stream?idle", port: server.port)
        let advance = TestCall(path: "/advance?idle", port: server.port)
        let (error, rest) = try await harness.withTransport(TLSSettings(caFile: server.caFile)) {
            let exchange = $0.makeExchange()
            try await send(exchange, call, $0.loop)
            _ = try await nextPiece(exchange)
            let error = await failure { _ = try await nextPiece(exchange, idleMS: 20) }
            _ = try await perform($0, advance)
            return (error, try await nextPiece(exchange))
        }
        #expect(error?.kind == .idleTimeout)
        #expect(rest.map { String(decoding: $0, as: UTF8.self) } == "data: 1\n\n")
    }
}
