package import EventLoop
package import HTTP

/// What is sent to an upstream. The memory behind `body` stays as it is until the answer's head is
/// there.
package struct UpstreamRequest {
    package let method: HTTPMethod
    package let origin: Origin
    /// The IP address and port to connect to, in place of those that the origin's host resolves to.
    /// All else, the Host header and a certificate's name with it, stays the origin's.
    package let address: SocketAddress?
    /// Path and query.
    package let target: String
    /// Header lines, each `name: value\r\n`, without Host, Content-Length and connection headers.
    package let headerLines: ByteBuffer
    /// Puts the body's pieces into the vector. May be called again for another try.
    package let body: (OutputVector) -> Void
    package let bodyCount: Int

    package init(
        method: HTTPMethod,
        origin: Origin,
        address: SocketAddress? = nil,
        target: String,
        headerLines: ByteBuffer,
        bodyCount: Int,
        body: @escaping (OutputVector) -> Void
    ) {
        self.method = method
        self.origin = origin
        self.address = address
        self.target = target
        self.headerLines = headerLines
        self.bodyCount = bodyCount
        self.body = body
    }
}

/// When parts of an exchange must have happened at the latest.
package struct UpstreamDeadlines: Sendable {
    /// Milliseconds for the connection alone.
    package var connectMS: UInt64
    /// The answer's head.
    package var head: Instant

    package init(connectMS: UInt64, head: Instant) {
        self.connectMS = connectMS
        self.head = head
    }
}

/// A piece of an answer's body.
package enum BodyPiece {
    /// Valid until the next suspension or call.
    case bytes(LoopBytes)
    /// Nothing is there yet: `wait`.
    case pending
    case end
}

/// One request to an upstream and its answer, whichever transport carries it.
///
/// `send`, then `read` until `.end`, waiting in between. `cancel` may be called at any moment, from
/// the loop, also while another task waits: the wait ends with `.cancelled`.
package protocol UpstreamExchange: AnyObject {
    /// The answer's status, once `send` has returned.
    var status: Int { get }
    /// The answer's header fields, once `send` has returned.
    var fields: HeaderBlock { get }
    /// The answer's size when it is known from the head.
    var contentLength: Int? { get }

    /// Sends the request and receives the answer's head. Interim answers (1xx) are passed over.
    func send(_ request: UpstreamRequest, _ deadlines: UpstreamDeadlines)
        async throws(UpstreamError)

    /// What there is of the body, without waiting.
    /// - Throws: `.closedInBody` when the connection broke before the body's end.
    func read() throws(UpstreamError) -> BodyPiece

    /// Suspends until `read` may have something.
    /// - Throws: `.idleTimeout` at the deadline, `.cancelled`.
    func wait(until deadline: Instant) async throws(UpstreamError)

    /// Closes the upstream's connection at once, unless the exchange has ended.
    func cancel()
}

/// A way of talking to upstreams: one for each worker.
package protocol UpstreamTransport: AnyObject {
    func makeExchange() -> any UpstreamExchange

    /// What the heads of answers may be, of exchanges that are made from now on.
    var answerHead: AnswerHeadLimits { get set }

    /// Connections to upstreams that stand, idle ones included.
    var connectionCount: Int { get }

    /// Closes idle connections; used when the sidecar ends.
    func closeIdle()
}
