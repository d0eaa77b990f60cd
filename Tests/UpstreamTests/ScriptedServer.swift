import EventLoop
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import HTTP
@testable import Upstream

/// A server on a port of its own that does with each connection what a test says.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let socket: ListeningSocket
    private let count = Atomic<Int>(0)

    /// - Parameter serve: gets each connection and its number, from 0, on a thread of its own.
    init(_ serve: @escaping @Sendable (RawSocket, Int) -> Void) throws {
        let address = try #require(SocketAddress(parsing: "127.0.0.1:0"))
        socket = try ListeningSocket.bind(address)
        port = socket.address.port
        let descriptor = socket.descriptor
        _ = fcntl(descriptor, F_SETFL, 0)
        try LoopThread(name: "server") { [self] in
            while true {
                let accepted = accept(descriptor, nil, nil)
                guard accepted >= 0 else { return }
                let number = count.add(1, ordering: .relaxed).oldValue
                let peer = RawSocket(descriptor: accepted)
                peer.limitWaits(seconds: 10)
                try? LoopThread(name: "connection") { serve(peer, number) }.detach()
            }
        }.detach()
    }

    /// Connections so far.
    var connections: Int { count.load(ordering: .relaxed) }

    /// Ends the thread that accepts, and so what holds the server.
    func stop() { _ = shutdown(socket.descriptor, CInt(SHUT_RDWR)) }
}

/// What an exchange came to.
struct PlainResult: Sendable {
    var status = 0
    var body = ""
    var failure: UpstreamError.Kind?
}

extension LoopHarness {
    /// Runs `body` on the loop with a plain transport of its own.
    func withPlain<R: Sendable>(
        _ body: @Sendable (EventLoop, PlainTransport) async throws -> R
    ) async throws -> R {
        try await run { loop in
            let budget = BodyBudget(bytesMax: 1 << 30)
            let context = IOContext(loop: loop, limits: HTTPLimits(), budget: budget)
            let transport = PlainTransport(
                context: context,
                addresses: try AddressCache(refreshMS: 30_000)
            )
            let result = try await body(loop, transport)
            transport.closeIdle()
            return result
        }
    }
}

/// One exchange from its beginning to its end.
func exchange(
    _ transport: PlainTransport,
    _ loop: EventLoop,
    _ port: UInt16,
    body: [UInt8] = [],
    headMS: UInt64 = 5_000,
    idleMS: UInt64 = 5_000,
    began: (any UpstreamExchange) -> Void = { _ in }
) async -> PlainResult {
    let exchange = transport.makeExchange()
    began(exchange)
    var result = PlainResult()
    do throws(UpstreamError) {
        let request = UpstreamRequest(
            method: .post,
            origin: Origin(isTLS: false, host: "127.0.0.1", port: port),
            target: "/p",
            headerLines: ByteBuffer(),
            bodyCount: body.count
        ) { $0.append(keeping: body) }
        let head = loop.now.advanced(milliseconds: headMS)
        try await exchange.send(request, UpstreamDeadlines(connectMS: 3_000, head: head))
        result.status = exchange.status
        var isAtEnd = false
        while !isAtEnd {
            switch try exchange.read() {
            case .bytes(let bytes): result.body += String(decoding: bytes.copy, as: UTF8.self)
            case .end: isAtEnd = true
            case .pending:
                try await exchange.wait(until: loop.now.advanced(milliseconds: idleMS))
            }
        }
    } catch let error {
        result.failure = error.kind
    }
    return result
}
