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
    package private(set) var bytesIn = 0
    package internal(set) var bytesOut = 0

    let context: IOContext
    let input = ByteBuffer(capacity: 0)
    let output = OutputVector()
    let headOutput = ByteBuffer(capacity: 512)
    let chunkLine = ByteBuffer(capacity: 32)
    var state = ResponseState.none
    private var bodyState = BodyState.none
    private var isDraining = false

    enum ResponseState { case none, head, streamingChunks, streamingPlain, done }

    private enum BodyState {
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
        head.removeAll()
        state = .none
        bodyState = .none
        staysOpen = true
        var scanner = HeadScanner()
        isIdle = input.isEmpty
        var deadline = context.loop.now.advanced(milliseconds: idleMS)
        while true {
            if let end = try findHead(&scanner) {
                try takeHead(scanner.start..<end)
                return true
            }
            if isDraining && input.isEmpty { return false }
            switch try read() {
            case .bytes:
                if isIdle {
                    isIdle = false
                    deadline = context.loop.now.advanced(milliseconds: context.limits.headMS)
                }
            case .wouldBlock:
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
        guard bodyState == .waiting else { return RequestBody(connection: self) }
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
        return body
    }

    /// Whether a body is still on its way that nobody has read.
    package var hasUnreadBody: Bool { bodyState == .waiting }

    /// Closes when idle, else after the present answer.
    package func drain() {
        isDraining = true
        staysOpen = false
        if isIdle { socket.cancel() }
    }

    private var idleMS: UInt64 { isDraining ? 0 : context.limits.keepAliveIdleMS }

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
                throw HTTPProblem.headTooLarge(limit: limits.headBytesMax)
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
            throw .problem(error)
        }
        isIdle = false
        staysOpen = head.keepsAlive && !isDraining
        bodyState = head.isChunked || head.contentLength > 0 ? .waiting : .none
    }

    /// Reads once, into `input`.
    private func read() throws(ServerConnectionError) -> StreamSocket.ReadOutcome {
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

    private func readSizedBody(_ count: Int) async throws(ServerConnectionError) -> RequestBody {
        guard context.budget.take(count) else { throw .overloaded }
        if input.count >= count {
            return RequestBody(connection: self, inInput: count, budgeted: count)
        }
        let buffer = context.makeBuffer(count)
        buffer.append(input)
        input.removeAll()
        let body = RequestBody(connection: self, buffer: buffer, budgeted: count)
        while buffer.count < count {
            let space = unsafe buffer.spare(count - buffer.count)
            let wanted = unsafe UnsafeMutableRawBufferPointer(
                rebasing: space[..<(count - buffer.count)]
            )
            guard let added = unsafe try readOnce(into: wanted) else {
                try await waitForBody()
                continue
            }
            buffer.grow(by: added)
        }
        return body
    }

    private func readChunkedBody() async throws(ServerConnectionError) -> RequestBody {
        let parser = MessageParser(.request)
        let limit = context.limits.bodyBytesMax
        do { _ = try parser.parseHead(head.fields.copy(), from: 0) } catch { throw .problem(error) }
        let body = RequestBody(connection: self, buffer: context.makeBuffer(4096), budgeted: 0)
        while true {
            if !input.isEmpty {
                let step: (decoded: Int, consumed: Int, isComplete: Bool)
                do {
                    step = unsafe try parser.decodeChunked(input.mutableBytes)
                } catch {
                    throw .problem(error)
                }
                guard body.count + step.decoded <= limit else {
                    throw .problem(.bodyTooLarge(limit: limit))
                }
                guard body.budget(step.decoded) else { throw .overloaded }
                unsafe body.append(UnsafeRawBufferPointer(rebasing: input.bytes[..<step.decoded]))
                input.removeFirst(step.consumed)
                if step.isComplete { return body }
            }
            switch try read() {
            case .bytes: continue
            case .wouldBlock: try await waitForBody()
            case .endOfStream: throw .gone
            }
        }
    }

    private func readOnce(
        into space: UnsafeMutableRawBufferPointer
    ) throws(ServerConnectionError) -> Int? {
        let outcome: StreamSocket.ReadOutcome
        do { outcome = unsafe try socket.read(into: space) } catch { throw .gone }
        switch outcome {
        case .bytes(let count):
            bytesIn += count
            return count
        case .wouldBlock: return nil
        case .endOfStream: throw .gone
        }
    }

    private func waitForBody() async throws(ServerConnectionError) {
        let deadline = context.loop.now.advanced(milliseconds: context.limits.bodyIdleMS)
        do {
            try await socket.wait(for: .readable, until: deadline)
        } catch {
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
