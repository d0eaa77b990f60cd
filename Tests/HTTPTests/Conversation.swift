import EventLoop
import TestSupport

@testable import HTTP

/// One connection to a server of which each request is answered with what was understood of it.
struct Conversation: Sendable {
    var limits = HTTPLimits()
    var budgetBytes = 1 << 30

    /// Feeds a server and gathers what it answers until it closes, or until the client has sent all
    /// and the server has nothing more to say.
    /// - Parameter talk: the client's part; runs on a thread of its own and may block.
    func run<R: Sendable>(_ talk: @escaping @Sendable (RawSocket) -> R) async throws -> R {
        let harness = try LoopHarness()
        let (inner, outer) = RawSocket.pair()
        outer.limitWaits(seconds: 20)
        let (limits, budget) = (limits, budgetBytes)
        harness.worker.start { loop in
            guard let socket = try? StreamSocket(loop: loop, descriptor: inner) else { return }
            let context = IOContext(
                loop: loop,
                limits: limits,
                budget: BodyBudget(bytesMax: budget)
            )
            await serve(ServerConnection(socket: socket, context: context))
        }
        defer { withExtendedLifetime(harness) {} }
        return await onThread { talk(outer) }
    }

    /// Sends `text` and reads to the end of the answers.
    func answers(to text: String) async throws -> String {
        try await run { client in
            client.send(text)
            client.finishSending()
            return client.receiveAll()
        }
    }
}

/// Answers `METHOD PATH?QUERY [BODY]` to each request, and problems with their status.
func serve(_ connection: ServerConnection) async {
    do throws(ServerConnectionError) {
        while try await connection.nextRequest() {
            let body = try await connection.readBody()
            try await echo(connection, body)
            guard connection.staysOpen else { break }
        }
    } catch {
        connection.staysOpen = false
        if !connection.hasBegun, error != .gone {
            _ = connection.beginResponse(status: status(of: error))
            let text = Array("\(error)".utf8)
            try? await connection.send(contentLength: text.count) { $0.append(keeping: text) }
        }
    }
    await connection.closeAfterAnswer()
}

func status(of error: ServerConnectionError) -> Int {
    switch error {
    case .problem(let problem): problem.status
    case .timedOut: 408
    case .overloaded: 503
    case .gone: 499
    }
}

private func echo(
    _ connection: ServerConnection,
    _ body: RequestBody
) async throws(ServerConnectionError) {
    let query = String(decoding: connection.head.query, as: UTF8.self)
    let line = "\(connection.head.method.name) \(connection.head.pathText)?\(query) ["
    let text = Array(line.utf8)
    _ = connection.beginResponse(status: 200)
    let pieces = (head: text, tail: Array("]\n".utf8))
    try await connection.send(contentLength: text.count + body.count + 2) { output in
        output.append(keeping: pieces.head)
        output.append(body, 0..<body.count)
        output.append(keeping: pieces.tail)
    }
}

extension String {
    /// The status of each answer in what came over one connection.
    var statuses: [Int] {
        split(separator: "HTTP/1.1 ").compactMap { Int($0.prefix(3)) }
    }
}
