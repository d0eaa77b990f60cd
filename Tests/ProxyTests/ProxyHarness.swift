import EventLoop
import Glibc
import HTTP
import OpenAI
import Telemetry
import Testing
import Upstream

@testable import Proxy

/// An event loop on a thread of its own with an actor pinned to it, and requests as a worker sees
/// them there.
final class ProxyHarness: Sendable {
    let loop: EventLoop
    private let worker: LoopActor

    init() throws {
        signal(SIGPIPE, SIG_IGN)
        loop = try EventLoop()
        worker = LoopActor(loop: loop)
        let loop = loop
        try LoopThread(name: "test-loop") { loop.run() }.detach()
    }

    deinit {
        loop.stop()
    }

    /// Runs `body` on the loop, and everything that it awaits.
    func run<R: Sendable>(_ body: @Sendable (EventLoop) async throws -> R) async throws -> R {
        try await worker.run(body)
    }

    /// Runs `body` with a request whose head, and body if there is one, are these bytes.
    func withRequest<R: Sendable>(
        _ lines: [String],
        body text: String = "",
        _ snapshot: TableSnapshot,
        _ body: @Sendable (ProxyRequest, WorkerContext) async throws -> R
    ) async throws -> R {
        var lines = lines
        if !text.isEmpty { lines.append("Content-Length: \(text.utf8.count)") }
        let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
        let bytes = Array((head + text).utf8)
        return try await run { loop in
            var pair: [CInt] = [0, 0]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
            defer { close(pair[1]) }
            try #require(write(pair[1], bytes, bytes.count) == bytes.count)
            let shared = try ProxyShared(store: TableStore(snapshot), accessLog: nil, workers: 1)
            let io = IOContext(loop: loop, limits: snapshot.limits.http, budget: shared.budget)
            let plain = PlainTransport(context: io, addresses: shared.addresses)
            let context = WorkerContext(
                number: 0,
                io: io,
                shared: shared,
                plain: plain,
                secure: plain,
                telemetry: WorkerTelemetry(shard: shared.shards[0], log: nil, loop: loop)
            )
            let connection = ServerConnection(
                socket: try StreamSocket(loop: loop, descriptor: pair[0]),
                context: io
            )
            defer { connection.socket.close() }
            try #require(try await connection.nextRequest())
            let request = ProxyRequest(
                connection: connection,
                table: context.currentTable,
                match: EndpointMatch(target: connection.head.pathText),
                callID: "call",
                startedAt: loop.now,
                clientAddress: "test"
            )
            return try await body(request, context)
        }
    }
}

/// An actor whose executor is the loop.
actor LoopActor {
    let loop: EventLoop

    init(loop: EventLoop) {
        self.loop = loop
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func run<R: Sendable>(_ body: @Sendable (EventLoop) async throws -> R) async throws -> R {
        try await body(loop)
    }
}

/// Suspends the task for a while without blocking the loop.
func pause(_ loop: EventLoop, milliseconds: UInt64) async {
    _ = await Waiter(loop: loop).wait(until: loop.now.advanced(milliseconds: milliseconds))
}

/// The bytes of a buffer as text.
func text(_ buffer: ByteBuffer) -> String {
    buffer.bytes.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) }
}

/// A head of an upstream's answer.
func answerFields(_ lines: [String]) throws -> HeaderBlock {
    let input = ByteBuffer()
    input.append("HTTP/1.1 200 OK\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
    let reader = ResponseReader()
    try #require(try reader.readHead(input, answersHead: false))
    return reader.fields
}
