internal import Curl
internal import EventLoop
internal import HTTP

/// One request through libcurl and its answer.
final class CurlExchange: UpstreamExchange {
    private let transport: CurlTransport
    private let waiter: Waiter
    private var easy: CurlEasy?
    private var head: CurlHead
    private let requestBody = OutputVector()
    /// The part of the request's body that libcurl had not read when the answer's head came.
    private var rest: ByteBuffer?
    private var restOffset = 0
    private var bodyRead = 0
    /// What libcurl has delivered, and what the reader has in hand.
    private var incoming = ByteBuffer(capacity: 0)
    private var outgoing = ByteBuffer(capacity: 0)
    private var isPaused = false
    private var isOver = false
    /// Whether the request may have gone out, if only in part.
    private var hasSent = false
    /// That of a connection which was opened for this exchange.
    private var newSocket: CInt?
    private var failure: UpstreamError?

    /// How much of a body may wait to be read: one of libcurl's pieces (CURL_MAX_WRITE_SIZE). What
    /// the reader has in hand, what it could not send yet and what libcurl holds while it is paused
    /// is as much each, 64 KiB together.
    static let unreadBytesMax = 16_384

    init(transport: CurlTransport) {
        self.transport = transport
        waiter = Waiter(loop: transport.loop)
        head = CurlHead(answersHead: false, limits: transport.answerHead)
    }

    deinit {
        if let easy { transport.release(easy) }
    }

    var status: Int { head.reader.status }
    var fields: HeaderBlock { head.reader.fields }
    var contentLength: Int? { head.reader.contentLength }

    func send(
        _ request: UpstreamRequest,
        _ deadlines: UpstreamDeadlines
    ) async throws(UpstreamError) {
        do throws(UpstreamError) {
            try await sendOnce(request, deadlines)
        } catch {
            var error = error
            error.sentNothing = !hasSent
            throw error.blamedRightly()
        }
    }

    private func sendOnce(
        _ request: UpstreamRequest,
        _ deadlines: UpstreamDeadlines
    ) async throws(UpstreamError) {
        precondition(easy == nil, "an exchange carries one request")
        // The client may have left before anything was begun for it.
        guard !isOver else { throw failure ?? UpstreamError(.cancelled, "before it was sent") }
        head = CurlHead(answersHead: request.method == .head, limits: transport.answerHead)
        request.body(requestBody)
        do {
            easy = try transport.start(request, connectMS: deadlines.connectMS, receiver: self)
        } catch {
            isOver = true
            throw UpstreamError(error, headIsComplete: false)
        }
        // The transfer may have ended before it was known here.
        if isOver { release() }
        while !head.isComplete {
            if let failure { throw failure }
            switch await waiter.wait(until: deadlines.head) {
            case .signalled: continue
            case .timedOut:
                let error = UpstreamError(.firstByteTimeout, "no answer in time")
                end(with: error)
                throw error
            case .cancelled: throw UpstreamError(.cancelled, "cancelled")
            }
        }
        keepRest()
    }

    func read() throws(UpstreamError) -> BodyPiece {
        if incoming.isEmpty {
            if let failure { throw failure }
            return isOver ? .end : .pending
        }
        outgoing.removeAll()
        swap(&incoming, &outgoing)
        if isPaused, let easy {
            isPaused = false
            easy.resume()
        }
        return unsafe .bytes(LoopBytes(outgoing.bytes))
    }

    func wait(until deadline: Instant) async throws(UpstreamError) {
        guard incoming.isEmpty, !isOver else { return }
        switch await waiter.wait(until: deadline) {
        case .signalled: return
        case .timedOut: throw UpstreamError(.idleTimeout, "the answer's body has stalled")
        case .cancelled: throw UpstreamError(.cancelled, "cancelled")
        }
    }

    func cancel() {
        guard !isOver else { return }
        end(with: UpstreamError(.cancelled, "cancelled"))
        waiter.cancel()
    }

    /// libcurl is through with the transfer, which is out of the multi already.
    func finished(_ curlFailure: CurlFailure?) {
        guard !isOver else { return }
        let proxyRefused = (easy?.proxyStatus ?? 0) >= 300 && !head.isComplete
        if let curlFailure {
            failure =
                head.problem.map { UpstreamError(.malformed, $0) }
                ?? UpstreamError(
                    curlFailure,
                    headIsComplete: head.isComplete,
                    proxyRefused: proxyRefused
                )
        } else if !head.isComplete {
            failure = UpstreamError(.malformed, "an answer without a head")
        }
        isOver = true
        release()
        waiter.signal()
    }

    private func end(with error: UpstreamError) {
        isOver = true
        failure = error
        incoming.removeAll()
        release()
    }

    private func release() {
        guard let easy else { return }
        self.easy = nil
        requestBody.removeAll()
        transport.release(easy)
    }

    /// The request's memory is its owner's again once the head is there. An upstream that answers
    /// earlier than it reads gets the rest from a copy.
    private func keepRest() {
        guard easy != nil, bodyRead < requestBody.remaining else { return requestBody.removeAll() }
        let copy = ByteBuffer(capacity: requestBody.remaining - bodyRead)
        let space = unsafe copy.spare(requestBody.remaining - bodyRead)
        copy.grow(by: unsafe requestBody.copy(from: bodyRead, into: space))
        restOffset = bodyRead
        rest = copy
        requestBody.removeAll()
    }
}

extension CurlExchange: CurlReceiver {
    func willSend(onNew socket: CInt?) {
        hasSent = true
        newSocket = socket
        if let socket { transport.opened(socket) }
    }

    func receive(headerLine: UnsafeRawBufferPointer) -> Bool {
        let wasComplete = head.isComplete
        guard unsafe head.take(headerLine) else { return false }
        if head.isComplete, !wasComplete {
            if let newSocket { transport.keep(newSocket) }
            waiter.signal()
        }
        return true
    }

    func receive(body: UnsafeRawBufferPointer) -> Bool {
        guard incoming.isEmpty || incoming.count + body.count <= CurlExchange.unreadBytesMax else {
            isPaused = true
            return false
        }
        unsafe incoming.append(body)
        waiter.signal()
        return true
    }

    func fill(_ space: UnsafeMutableRawBufferPointer, from offset: Int) -> Int? {
        if let rest {
            // Sending again from the beginning is over once the answer has begun.
            guard offset >= restOffset else { return nil }
            let from = offset - restOffset
            let count = min(space.count, rest.count - from)
            unsafe space.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: rest.bytes[from..<from + count])
            )
            return count
        }
        let count = unsafe requestBody.copy(from: offset, into: space)
        bodyRead = offset + count
        return count
    }
}
