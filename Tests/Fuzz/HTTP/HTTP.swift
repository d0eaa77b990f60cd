import EventLoop
import Glibc
import HTTP
import JSON
import TestSupport

/// `http`: what one client sends over one connection. However it is cut, the same requests come
/// out of it, with the same bodies, and the same end.
extension Target {
    static let http = Target(name: "http") { bytes in
        // A client may be gone before its answer, as here it is.
        signal(SIGPIPE, SIG_IGN)
        let whole = Heard(pieces: [bytes[...]])
        for pieces in Splits.of(bytes) {
            let other = Heard(pieces: pieces)
            require(other == whole, "in \(pieces.count) pieces \(other), at once \(whole)")
        }
        for request in whole.requests {
            require(request.method != "CONNECT", "a tunnel")
            require(request.path.first == "/" || request.path == "*", "a path \(request.path)")
        }
        return .passed
    }
}

/// What a server heard on a connection.
private struct Heard: Equatable {
    struct Request: Equatable {
        let method: String
        let path: String
        let query: String
        let body: [UInt8]
        let staysOpen: Bool
    }

    var requests: [Request] = []
    var end: ServerConnectionError?

    init(pieces: [ArraySlice<UInt8>]) {
        guard let loop = try? EventLoop() else { fail("no event loop", #fileID, #line) }
        let actor = LoopActor(loop: loop)
        let (inner, outer) = RawSocket.pair()
        let heard = LoopBound(Listener())
        actor.start { loop in
            await heard.value.serve(inner, loop)
            heard.value.leave(loop)
        }
        actor.start { loop in
            for piece in pieces {
                guard outer.send(Array(piece)) else { break }
                // Once for the bytes to be seen, and once for them to be read.
                for _ in 0..<2 { await loop.nextTurn() }
            }
            outer.finishSending()
            heard.value.leave(loop)
        }
        loop.run()
        self = heard.value.heard
    }

    private init() {}

    /// The server's side.
    private final class Listener {
        var heard = Heard()
        private var partyCount = 2

        /// One of client and server is through; the last one ends the loop.
        func leave(_ loop: EventLoop) {
            partyCount -= 1
            if partyCount == 0 { loop.stop() }
        }

        func serve(_ descriptor: CInt, _ loop: EventLoop) async {
            guard let socket = try? StreamSocket(loop: loop, descriptor: descriptor) else { return }
            let context = IOContext(
                loop: loop,
                limits: limits,
                budget: BodyBudget(bytesMax: 1 << 30)
            )
            let connection = ServerConnection(socket: socket, context: context)
            do throws(ServerConnectionError) {
                while try await connection.nextRequest() {
                    let body = try await connection.readBody()
                    heard.requests.append(
                        Request(
                            method: "\(connection.head.method.name)",
                            path: connection.head.pathText,
                            query: connection.head.queryText,
                            body: body.span.array(0..<body.count),
                            staysOpen: connection.staysOpen
                        )
                    )
                    guard connection.staysOpen else { break }
                }
            } catch {
                heard.end = error
            }
            connection.releaseBody()
            socket.close()
        }

        /// Which of two mistakes is found first may depend on how the input is cut; limits that
        /// nothing reaches leave one.
        private var limits: HTTPLimits {
            var limits = HTTPLimits()
            limits.fieldsMax = 1 << 20
            limits.headBytesMax = 1 << 20
            limits.targetBytesMax = 1 << 20
            return limits
        }
    }
}
