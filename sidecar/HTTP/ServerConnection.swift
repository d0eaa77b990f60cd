package import EventLoop

/// A client's connection: reads requests one after the other and writes their answers.
package final class ServerConnection {
    package let socket: StreamSocket
    package let head = RequestHead()
    /// Whether the connection waits for its next request, and so may be closed without loss.
    package private(set) var isIdle = true
    /// Whether the connection stays open after this answer.
    package var staysOpen = true
    /// Bytes of requests and of answers, heads included, on this connection.
    package internal(set) var bytesIn = 0
    package internal(set) var bytesOut = 0

    let context: IOContext
    /// What the present request's body used, until the next request is read.
    private var body: RequestBody?
    let input = ByteBuffer(capacity: 0)
    let output = OutputVector()
    let headOutput = ByteBuffer(capacity: 512)
    let chunkLine = ByteBuffer(capacity: 32)
    var state = ResponseState.none
    /// Of the answer that was begun last.
    var status = 0
    var bodyState = BodyState.none
    private var isDraining = false
    /// Requests in a row, this one included, that were there before the last answer was out.
    private var pipelined = 0

    enum ResponseState { case none, head, streamingChunks, streamingPlain, done }

    enum BodyState {
        case none
        /// Not read yet; nothing but the head was taken from `input`.
        case waiting
        case read
    }

    package init(socket: StreamSocket, context: IOContext) {
        self.socket = socket
        self.context = context
    }

    /// Waits for the next request and reads its head.
    /// - Returns: false when the client has nothing more to ask.
    package func nextRequest() async throws(ServerConnectionError) -> Bool {
        releaseBody()
        head.removeAll()
        state = .none
        bodyState = .none
        staysOpen = true
        var scanner = HeadScanner()
        isIdle = input.isEmpty
        pipelined = isIdle ? 0 : pipelined + 1
        // Many requests in one read, each answered without a wait, would keep others from theirs.
        if !isIdle { await context.loop.nextTurn() }
        let limits = context.limits
        var deadline = context.loop.now.advanced(
            milliseconds: isIdle ? limits.keepAliveIdleMS : limits.headMS
        )
        while true {
            if let end = try findHead(&scanner) {
                try takeHead(scanner.start..<end)
                return true
            }
            switch try read() {
            case .bytes:
                if isIdle {
                    isIdle = false
                    deadline = context.loop.now.advanced(milliseconds: limits.headMS)
                }
            case .wouldBlock:
                if isDraining && isIdle { return false }
                guard try await waitForInput(until: deadline) else { return false }
            case .endOfStream:
                if input.isEmpty { return false }
                throw .gone
            }
        }
    }

    /// Reads the whole body.
    /// - Throws: `.problem` when it is too large or malformed, `.overloaded` when all bodies
    ///   together are, `.timedOut`, `.gone`.
    package func readBody() async throws(ServerConnectionError) -> RequestBody {
        if let body { return body }
        guard bodyState == .waiting else { return RequestBody(context: context) }
        let limit = context.limits.bodyBytesMax
        if head.contentLength > limit { throw .problem(.bodyTooLarge(limit: limit)) }
        if head.expectsContinue, input.isEmpty {
            output.append("HTTP/1.1 100 Continue\r\n\r\n")
            try await flush()
        }
        let body =
            head.isChunked
            ? try await readChunkedBody() : try await readSizedBody(head.contentLength)
        bodyState = .read
        self.body = body
        return body
    }

    /// Drops the last request's body, and the bytes of the input that it was. A body that somebody
    /// holds still must not be taken for a request, nor move while it can be read.
    package func releaseBody() {
        guard let body else { return }
        let used = body.release()
        if used > 0 { input.removeFirst(used) }
        self.body = nil
    }

    /// Whether a body is still on its way that nobody has read.
    package var hasUnreadBody: Bool { bodyState == .waiting }

    /// Closes when idle, else after the present answer.
    package func drain() {
        isDraining = true
        staysOpen = false
        // Its task looks once more: a request that is there already is served.
        if isIdle { socket.wake() }
    }

    private func findHead(_ scanner: inout HeadScanner) throws(ServerConnectionError) -> Int? {
        guard !input.isEmpty else { return nil }
        do throws(HTTPProblem) {
            // A TLS hello, or anything else that is not HTTP, never ends a line as HTTP does.
            let first = unsafe input.bytes[0]
            let isToken = first >= 0x41 && first <= 0x5A || first >= 0x61 && first <= 0x7A
            guard isToken || first == 0x0D || first == 0x0A else {
                throw HTTPProblem.malformed(
                    first == 0x16 ? "this port speaks plain HTTP, not TLS" : "not a request line"
                )
            }
            let limits = context.limits
            let end = unsafe try scanner.scan(input.bytes)
            guard (end ?? input.count) <= limits.headBytesMax else {
                throw scanner.firstLineCount > limits.targetBytesMax
                    ? HTTPProblem.targetTooLong(limit: limits.targetBytesMax)
                    : HTTPProblem.headTooLarge(limit: limits.headBytesMax)
            }
            guard scanner.fieldCount <= limits.fieldsMax else {
                throw HTTPProblem.tooManyFields(limit: limits.fieldsMax)
            }
            return end
        } catch {
            throw .problem(error)
        }
    }

    private func takeHead(_ range: Range<Int>) throws(ServerConnectionError) {
        unsafe head.fields.buffer.append(UnsafeRawBufferPointer(rebasing: input.bytes[range]))
        input.removeFirst(range.upperBound)
        do {
            try head.parse(context.headParser, limits: context.limits)
        } catch {
            // Nobody knows what follows such a head, but something may.
            bodyState = .waiting
            throw .problem(error)
        }
        isIdle = false
        staysOpen = head.keepsAlive && !isDraining && pipelined < context.limits.pipelinedMax
        bodyState = head.isChunked || head.contentLength > 0 ? .waiting : .none
    }

    /// Reads once, into `input`.
    func read() throws(ServerConnectionError) -> StreamSocket.ReadOutcome {
        do {
            let space = unsafe context.scratchSpace
            let outcome = unsafe try socket.read(into: space)
            if case .bytes(let count) = outcome {
                bytesIn += count
                unsafe input.append(
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(space)[..<count])
                )
            }
            return outcome
        } catch {
            throw .gone
        }
    }

    /// - Returns: false when an idle client has waited long enough.
    private func waitForInput(until deadline: Instant) async throws(ServerConnectionError) -> Bool {
        do {
            try await socket.wait(for: .readable, until: deadline)
            return true
        } catch {
            if isIdle { return false }
            throw error == .timedOut ? .timedOut : .gone
        }
    }
}

/// Why a connection cannot serve its request.
package enum ServerConnectionError: Error, Hashable, Sendable {
    /// The client is to blame; it gets an answer, then the connection ends.
    case problem(HTTPProblem)
    /// The client sent too slowly.
    case timedOut
    /// All buffered bodies together are over their limit.
    case overloaded
    /// The client has left.
    case gone
}
