internal import EventLoop
internal import Glibc
package import HTTP

/// What a server heard on a connection.
package struct HeardRequests: Equatable, Sendable {
    package struct Request: Equatable, Sendable {
        package let method: String
        package let path: String
        package let query: String
        package let body: [UInt8]
        package let staysOpen: Bool
    }

    package private(set) var requests: [Request] = []
    /// Why it heard no more; nil when the client was through.
    package private(set) var end: ServerConnectionError?

    /// Sends the pieces one by one, each after the one before it was read.
    package init(pieces: [ArraySlice<UInt8>]) {
        // A client may be gone before its answer, as here it is.
        signal(SIGPIPE, SIG_IGN)
        guard let loop = try? EventLoop() else { fatalError("no event loop") }
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
        var heard = HeardRequests()
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
                            body: unsafe body.span.withUnsafeBytes { unsafe Array($0) },
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
