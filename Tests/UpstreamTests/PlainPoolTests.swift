import EventLoop
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Upstream

@Suite("PlainTransport's connections", .timeLimit(.minutes(1)))
struct PlainPoolTests {
    let harness: LoopHarness

    init() throws {
        harness = try LoopHarness()
    }

    /// Answers each request with the host that it asks for and the number of its connection.
    private static func server(at place: String = "127.0.0.1:0") throws -> ScriptedServer {
        try ScriptedServer(at: place) { peer, number in
            while true {
                let head = peer.receive(until: "\r\n\r\n")
                guard head.hasSuffix("\r\n\r\n") else { return }
                let lines = head.split(separator: "\r\n")
                let host = lines.first { $0.hasPrefix("host: ") }?.dropFirst(6) ?? ""
                let body = "\(host) \(number)"
                peer.send("HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
            }
        }
    }

    /// Servers on one port of several addresses.
    private static func servers(_ hosts: [String]) throws -> [ScriptedServer] {
        var servers: [ScriptedServer] = []
        for host in hosts {
            servers.append(try server(at: "\(host):\(servers.first?.port ?? 0)"))
        }
        return servers
    }

    private func origin(_ host: String, _ port: UInt16) -> Origin {
        Origin(isTLS: false, host: host, port: port)
    }

    /// Until what goes through other threads' hands has come about.
    private func settle(_ loop: EventLoop, _ isDone: () -> Bool) async {
        for _ in 0..<500 where !isDone() { await pause(loop, milliseconds: 10) }
    }

    @Test("an address is connected to in place of the host, whose name stays in the head")
    func address() async throws {
        let servers = try Self.servers(["127.0.0.2", "127.0.0.3"])
        defer { for server in servers { server.stop() } }
        let port = servers[0].port
        let addresses = servers.map(\.address)
        let names = FakeNames()
        names.fail()
        let results = try await harness.withPlain(try names.cache(refreshMS: 0)) {
            loop,
            transport in
            var results: [PlainResult] = []
            for address in addresses + addresses {
                results.append(
                    await exchange(transport, loop, port, host: "vllm.test", address: address)
                )
            }
            return results
        }
        #expect(results.map(\.body) == [String](repeating: "vllm.test:\(port) 0", count: 4))
        #expect(servers.map(\.connections) == [1, 1])
        #expect(names.asked == 0)
    }

    @Test("connections are shared by those who ask for the same origin and the same address only")
    func separation() async throws {
        let server = try Self.server()
        defer { server.stop() }
        let port = server.port
        let address = server.address
        let names = FakeNames()
        names.set("127.0.0.1")
        let bodies = try await harness.withPlain(try names.cache(refreshMS: 60_000)) {
            loop,
            transport in
            var bodies: [String] = []
            for _ in 0..<2 {
                for host in ["one.test", "two.test"] {
                    for address in [nil, address] {
                        let result = await exchange(
                            transport,
                            loop,
                            port,
                            host: host,
                            address: address
                        )
                        bodies.append(result.body)
                    }
                }
            }
            #expect(transport.connectionCount == 4)
            return bodies
        }
        let first = [
            "one.test:\(port) 0", "one.test:\(port) 1", "two.test:\(port) 2", "two.test:\(port) 3",
        ]
        #expect(bodies == first + first)
    }

    @Test("a name that is used without an address has its addresses take turns")
    func rotation() async throws {
        let servers = try Self.servers(["127.0.0.2", "127.0.0.3"])
        defer { for server in servers { server.stop() } }
        let port = servers[0].port
        let names = FakeNames()
        names.set("127.0.0.2", "127.0.0.3")
        try await harness.withPlain(try names.cache(refreshMS: 60_000)) { loop, transport in
            for _ in 0..<4 {
                #expect(await exchange(transport, loop, port, host: "vllm.test").status == 200)
                transport.closeIdle()
            }
        }
        #expect(servers.map(\.connections) == [2, 2])
    }

    @Test("retiring an endpoint closes its idle connections and no others")
    func retireIdle() async throws {
        let server = try Self.server()
        defer { server.stop() }
        let (port, address) = (server.port, server.address)
        let bodies = try await harness.withPlain { loop, transport in
            var bodies: [String] = []
            for turn in 0..<2 {
                for address in [nil, address] {
                    bodies.append(await exchange(transport, loop, port, address: address).body)
                }
                guard turn == 0 else { break }
                transport.closeIdle(origin: origin("127.0.0.1", port), address: address)
                transport.closeIdle(origin: origin("other.test", port), address: address)
                #expect(transport.connectionCount == 1)
            }
            return bodies
        }
        #expect(bodies.map { $0.split(separator: " ").last } == ["0", "1", "0", "2"])
    }

    @Test("a connection in use is closed when its exchange ends after its endpoint was retired")
    func retireBusy() async throws {
        let server = try Self.server()
        defer { server.stop() }
        let (port, address) = (server.port, server.address)
        try await harness.withPlain { loop, transport in
            let retire = { (_: any UpstreamExchange) in
                transport.closeIdle(origin: origin("127.0.0.1", port), address: address)
                #expect(transport.connectionCount == 1)
            }
            let result = await exchange(
                transport,
                loop,
                port,
                address: address,
                answered: retire
            )
            #expect(result.status == 200)
            #expect(transport.connectionCount == 0)
        }
        #expect(server.connections == 1)
    }

    @Test("an endpoint that is used again keeps its connections again")
    func unretire() async throws {
        let server = try Self.server()
        defer { server.stop() }
        let (port, address) = (server.port, server.address)
        try await harness.withPlain { loop, transport in
            let retireAndUse = { (_: any UpstreamExchange) async in
                transport.closeIdle(origin: origin("127.0.0.1", port), address: address)
                _ = await exchange(transport, loop, port, address: address)
            }
            _ = await exchange(transport, loop, port, address: address, answered: retireAndUse)
            #expect(transport.connectionCount == 2)
        }
        #expect(server.connections == 2)
    }

    @Test("a connection serves as many exchanges as the limit says", arguments: [1, 3])
    func exchanges(limit: Int) async throws {
        let server = try Self.server()
        defer { server.stop() }
        let port = server.port
        try await harness.withPlain { loop, transport in
            transport.limits.exchanges = limit
            for number in 0..<limit * 2 {
                let body = await exchange(transport, loop, port).body
                #expect(body == "127.0.0.1:\(port) \(number / limit)")
                let isLast = number % limit == limit - 1
                #expect(transport.connectionCount == (isLast ? 0 : 1))
            }
        }
    }

    @Test("a connection is not used beyond its age, one that stands already included")
    func age() async throws {
        let server = try Self.server()
        defer { server.stop() }
        let port = server.port
        try await harness.withPlain { loop, transport in
            var bodies: [String] = []
            bodies.append(await exchange(transport, loop, port).body)
            bodies.append(await exchange(transport, loop, port).body)
            // As a new table would.
            transport.limits.ageMS = 40
            await pause(loop, milliseconds: 50)
            bodies.append(await exchange(transport, loop, port).body)
            #expect(bodies.map { $0.split(separator: " ").last } == ["0", "0", "1"])
        }
    }

    @Test("connections that were opened together end apart, within a tenth of their age")
    func jitter() async throws {
        let server = try Self.server()
        defer { server.stop() }
        let port = server.port
        try await harness.withPlain { loop, transport in
            var shares: Set<Double> = []
            for _ in 0..<8 {
                let request = plainRequest(port)
                let socket = try StreamSocket.connecting(to: server.address, on: loop)
                try await socket.finishConnecting(until: .now().advanced(milliseconds: 3_000))
                shares.insert(transport.makeConnection(socket, for: request).ageShare)
            }
            #expect(shares.count > 1)
            #expect(shares.allSatisfy { (0.9...1).contains($0) })
        }
    }

    @Test("counts what opens and closes, whoever closes it")
    func count() async throws {
        let isOver = Atomic<Bool>(false)
        let server = try ScriptedServer { peer, _ in
            _ = peer.receive(until: "\r\n\r\n")
            peer.send(PlainTransportTests.answer)
            while !isOver.load(ordering: .relaxed) { usleep(1_000) }
        }
        defer { server.stop() }
        let port = server.port
        let sum = Atomic<Int>(0)
        try await harness.withPlain(connectionsChanged: { sum.add($0, ordering: .relaxed) }) {
            loop,
            transport in
            let refused = await exchange(transport, loop, try closedPort())
            #expect(refused.failure == .connect)
            #expect(transport.connectionCount == 0)
            _ = await exchange(
                transport,
                loop,
                port,
                answered: { exchange in
                    #expect(transport.connectionCount == 1)
                    exchange.cancel()
                    #expect(transport.connectionCount == 0)
                }
            )
            _ = await exchange(transport, loop, port)
            #expect(transport.connectionCount == 1)
            #expect(sum.load(ordering: .relaxed) == 1)
            isOver.store(true, ordering: .relaxed)
            await settle(loop) { transport.connectionCount == 0 }
            #expect(transport.connectionCount == 0)
            #expect(sum.load(ordering: .relaxed) == 0)
        }
    }
}
