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

    /// - Parameters:
    ///   - place: what it listens on.
    ///   - serve: gets each connection and its number, from 0, on a thread of its own.
    init(
        at place: String = "127.0.0.1:0",
        _ serve: @escaping @Sendable (RawSocket, Int) -> Void
    ) throws {
        let address = try #require(SocketAddress(parsing: place))
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

    var address: SocketAddress { socket.address }

    /// Connections so far.
    var connections: Int { count.load(ordering: .relaxed) }

    /// Ends the thread that accepts, and so what holds the server.
    func stop() { _ = shutdown(socket.descriptor, CInt(SHUT_RDWR)) }
}

/// What an exchange came to.
struct PlainResult: Sendable {
    var status = 0
    var body = ""
    var error: UpstreamError?
    var failure: UpstreamError.Kind? { error?.kind }
}

extension LoopHarness {
    /// Runs `body` on the loop with a plain transport of its own.
    /// - Parameter addresses: by default, what the system says.
    func withPlain<R: Sendable>(
        _ addresses: AddressCache? = nil,
        connectionsChanged: @escaping @Sendable (Int) -> Void = { _ in },
        _ body: @Sendable (EventLoop, PlainTransport) async throws -> R
    ) async throws -> R {
        try await run { loop in
            let budget = BodyBudget(bytesMax: 1 << 30)
            let context = IOContext(loop: loop, limits: HTTPLimits(), budget: budget)
            let transport = PlainTransport(
                context: context,
                addresses: try addresses ?? AddressCache(refreshMS: 30_000),
                connectionsChanged: connectionsChanged
            )
            let result = try await body(loop, transport)
            transport.closeIdle()
            return result
        }
    }
}

/// A request of a test.
func plainRequest(
    _ port: UInt16,
    host: String = "127.0.0.1",
    address: SocketAddress? = nil,
    body: [UInt8] = []
) -> UpstreamRequest {
    UpstreamRequest(
        method: .post,
        origin: Origin(isTLS: false, host: host, port: port),
        address: address,
        target: "/p",
        headerLines: ByteBuffer(),
        bodyCount: body.count
    ) { $0.append(keeping: body) }
}

/// One exchange from its beginning to its end.
/// - Parameters:
///   - began: called before the request is sent.
///   - answered: called when the answer's head is there.
func exchange(
    _ transport: PlainTransport,
    _ loop: EventLoop,
    _ port: UInt16,
    host: String = "127.0.0.1",
    address: SocketAddress? = nil,
    body: [UInt8] = [],
    connectMS: UInt64 = 3_000,
    headMS: UInt64 = 5_000,
    idleMS: UInt64 = 5_000,
    began: (any UpstreamExchange) -> Void = { _ in },
    answered: (any UpstreamExchange) async -> Void = { _ in }
) async -> PlainResult {
    let exchange = transport.makeExchange()
    began(exchange)
    var result = PlainResult()
    do throws(UpstreamError) {
        let request = plainRequest(port, host: host, address: address, body: body)
        let head = loop.now.advanced(milliseconds: headMS)
        try await exchange.send(request, UpstreamDeadlines(connectMS: connectMS, head: head))
        result.status = exchange.status
        await answered(exchange)
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
        result.error = error
    }
    return result
}
