import EventLoop
import Glibc
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import Upstream

@Suite("CurlTransport with an address to connect to", .timeLimit(.minutes(1)))
struct CurlAddressTests {
    let server: TLSFixture
    let harness: LoopHarness

    init() throws {
        server = try CurlTransportTests.server.get()
        harness = try LoopHarness()
    }

    private var trusting: TLSSettings { TLSSettings(caFile: server.caFile) }

    /// A call for a port where nobody listens, so that only the address leads to the server.
    private func call(_ path: String, _ host: String, name: String = "localhost") throws -> TestCall
    {
        var call = TestCall(path: path, host: name, port: 9)
        let address = try #require(SocketAddress(host: host, port: server.port))
        call.address = address
        return call
    }

    @Test("connects there; the head and the certificate's name stay the origin's")
    func connects() async throws {
        let calls = [
            try call("/address", "127.0.0.1"), try call("/address", "127.0.0.2"),
            try call("/head", "127.0.0.2"),
        ]
        let texts = try await harness.withTransport(trusting) { transport in
            var texts: [String] = []
            for call in calls { texts.append(try await perform(transport, call).text) }
            return texts
        }
        #expect(Array(texts[..<2]) == ["127.0.0.1", "127.0.0.2"])
        #expect(texts[2].split(separator: "\n").contains("Host: localhost:9"))
        let wrong = try call("/address", "127.0.0.1", name: "other.test")
        let error = try await harness.withTransport(trusting) { transport in
            await failure { _ = try await perform(transport, wrong) }
        }
        #expect(error?.kind == .tls)
    }

    @Test("connects to an IPv6 address", .enabled(if: CurlAddressTests.portIPv6 != nil, "no IPv6"))
    func connectsToIPv6() async throws {
        let port = try #require(CurlAddressTests.portIPv6)
        var call = TestCall(path: "/address", port: 9)
        call.address = SocketAddress(host: "::1", port: port)
        let request = call
        let text = try await harness.withTransport(trusting) {
            try await perform($0, request).text
        }
        #expect(text == "::1")
    }

    private static var portIPv6: UInt16? { (try? CurlTransportTests.server.get())?.portIPv6 }

    @Test("connections are used again for the same address only")
    func separation() async throws {
        let first = try call("/connection", "127.0.0.1")
        let second = try call("/connection", "127.0.0.2")
        var named = first
        (named.address, named.port) = (nil, server.port)
        let calls = [first, second, named, first, second, named]
        let changes = Atomic<Int>(0)
        let (numbers, counts) = try await harness.withTransport(
            trusting,
            connectionsChanged: { changes.add($0, ordering: .relaxed) }
        ) { transport in
            var numbers: [String] = []
            var counts: [Int] = []
            for call in calls {
                numbers.append(try await perform(transport, call).text)
                counts.append(transport.connectionCount)
            }
            transport.closeIdle()
            counts.append(transport.connectionCount)
            return (numbers, counts)
        }
        #expect(Set(numbers).count == 3)
        #expect(Array(numbers[..<3]) == Array(numbers[3...]))
        #expect(counts == [1, 2, 3, 3, 3, 3, 0])
        #expect(changes.load(ordering: .relaxed) == 0)
    }

    @Test("a transfer without an address forgets the one before it")
    func forgets() async throws {
        let there = try call("/address", "127.0.0.2")
        let nowhere = TestCall(path: "/address", port: try closedPort())
        let (text, error) = try await harness.withTransport(trusting) { transport in
            let text = try await perform(transport, there).text
            return (text, await failure { _ = try await perform(transport, nowhere) })
        }
        #expect(text == "127.0.0.2")
        #expect(error?.kind == .connect)
    }

    @Test(
        "of several sockets that race for a connection, the one that won is counted",
        .enabled(if: CurlAddressTests.portIPv6 != nil, "no IPv6")
    )
    func race() async throws {
        // localhost is 127.0.0.1 to libcurl and then ::1, and somebody who never answers is there.
        let port = try #require(CurlAddressTests.portIPv6)
        let place = try #require(SocketAddress(host: "127.0.0.1", port: port))
        let silent = try ListeningSocket.bind(place)
        defer { silent.close() }
        _ = listen(silent.descriptor, 0)
        let call = TestCall(path: "/address", port: port)
        let (counts, sockets) = try await harness.withTransport(trusting) { transport in
            let others = try (0..<4).map { _ in
                try StreamSocket.connecting(to: place, on: transport.loop)
            }
            defer { for other in others { other.close() } }
            var counts: [Int] = []
            for _ in 0..<2 {
                #expect(try await perform(transport, call).text == "::1")
                counts.append(transport.connectionCount)
            }
            let sockets = transport.socketCount
            transport.closeIdle()
            return (counts + [transport.connectionCount], sockets)
        }
        #expect(counts == [1, 1, 0])
        #expect(sockets == 1)
    }

    @Test("connections that break or are cancelled are not counted any more")
    func count() async throws {
        let drip = TestCall(path: "/drip", port: server.port)
        let cut = TestCall(path: "/cut", port: server.port)
        let closed = TestCall(path: "/", port: try closedPort())
        let counts = try await harness.withTransport(trusting) { transport in
            let exchange = transport.makeExchange()
            try await send(exchange, drip, transport.loop)
            var counts = [transport.connectionCount]
            exchange.cancel()
            counts.append(transport.connectionCount)
            for call in [cut, closed] {
                _ = await failure { _ = try await perform(transport, call) }
                counts.append(transport.connectionCount)
            }
            return counts
        }
        #expect(counts == [1, 0, 0, 0])
    }
}
