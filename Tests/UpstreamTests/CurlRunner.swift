import EventLoop
import TestSupport
import HTTP
import Testing

@testable import Upstream

/// One request of a test.
struct TestCall: Sendable {
    var method = HTTPMethod.get
    var path: String
    var host = "localhost"
    var port: UInt16
    var address: SocketAddress?
    var body: [UInt8] = []
    var lines = ""
    var headMS: UInt64 = 5_000
    var connectMS: UInt64 = 3_000

    var origin: Origin { Origin(isTLS: true, host: host, port: port) }
}

/// An answer that was read to its end.
struct TestAnswer: Sendable {
    var status: Int
    var head: String
    var contentLength: Int?
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension LoopHarness {
    /// Starts libcurl and runs `body` on the loop with a transport of its own.
    func withTransport<R: Sendable>(
        _ tls: TLSSettings,
        connectionsChanged: @escaping @Sendable (Int) -> Void = { _ in },
        _ body: @Sendable (CurlTransport) async throws -> R
    ) async throws -> R {
        try CurlTransport.startUp()
        return try await run { loop in
            let transport = CurlTransport(
                loop: loop,
                tls: tls,
                connectionsChanged: connectionsChanged
            )
            defer { transport.closeIdle() }
            return try await body(transport)
        }
    }
}

/// Sends a request on the present loop.
/// - Parameter bytes: in two pieces, so that both ends of a piece are tried.
func send(_ exchange: any UpstreamExchange, _ call: TestCall, _ loop: EventLoop) async throws {
    let lines = ByteBuffer()
    lines.append(call.lines)
    let first = ByteBuffer()
    let second = ByteBuffer()
    first.append(Array(call.body.prefix(call.body.count / 3)))
    second.append(Array(call.body.dropFirst(call.body.count / 3)))
    let request = UpstreamRequest(
        method: call.method,
        origin: call.origin,
        address: call.address,
        target: call.path,
        headerLines: lines,
        bodyCount: call.body.count
    ) { output in
        output.append(first)
        output.append(second)
    }
    let deadlines = UpstreamDeadlines(
        connectMS: call.connectMS,
        head: Instant.now().advanced(milliseconds: call.headMS)
    )
    try await exchange.send(request, deadlines)
    // What the contract allows from here on.
    for buffer in [first, second] {
        buffer.mutableBytes.copyBytes(from: repeatElement(0, count: buffer.count))
    }
}

/// Reads one piece; nil at the end.
func nextPiece(_ exchange: any UpstreamExchange, idleMS: UInt64 = 5_000) async throws -> [UInt8]? {
    while true {
        switch try exchange.read() {
        case .bytes(let bytes): return bytes.copy
        case .end: return nil
        case .pending:
            try await exchange.wait(until: Instant.now().advanced(milliseconds: idleMS))
        }
    }
}

func perform(_ transport: CurlTransport, _ call: TestCall) async throws -> TestAnswer {
    let exchange = transport.makeExchange()
    try await send(exchange, call, transport.loop)
    var body: [UInt8] = []
    while let piece = try await nextPiece(exchange) { body += piece }
    return TestAnswer(
        status: exchange.status,
        head: String(decoding: exchange.fields.buffer.bytes, as: UTF8.self),
        contentLength: exchange.contentLength,
        body: body
    )
}

/// The error that `body` ends with.
func failure(_ body: () async throws -> Void) async -> UpstreamError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? UpstreamError
    }
}

/// A port of 127.0.0.1 on which nobody listens.
func closedPort() throws -> UInt16 {
    let address = try #require(SocketAddress(parsing: "127.0.0.1:0"))
    let socket = try ListeningSocket.bind(address)
    defer { socket.close() }
    return try #require("\(socket.address)".split(separator: ":").last.flatMap { UInt16($0) })
}
