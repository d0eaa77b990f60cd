package import EventLoop
package import HTTP

/// One request and its answer over a connection of our own.
package final class PlainExchange: UpstreamExchange {
    private let transport: PlainTransport
    private let reader: ResponseReader
    private var connection: PlainConnection?
    private var connecting: StreamSocket?
    private var resolving: Waiter?
    private var isCancelled = false
    private var isSent = false
    /// Whether a socket has taken any of the request.
    private var hasSent = false
    /// Bytes of the connection's input that the last piece used up.
    private var handedOut = 0

    init(transport: PlainTransport) {
        self.transport = transport
        self.reader = transport.makeReader()
    }

    deinit {
        cancel()
        transport.recycle(reader)
    }

    package var status: Int { reader.status }
    package var fields: HeaderBlock { reader.fields }
    package var contentLength: Int? { reader.contentLength }

    /// See `UpstreamExchange`. A stale pooled connection is replaced once.
    package func send(
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
        guard !isCancelled else { throw UpstreamError(.cancelled, "before it was sent") }
        if let pooled = transport.takeIdle(for: request) {
            do throws(UpstreamError) {
                return try await run(request, on: pooled, deadlines)
            } catch {
                // Closed for being idle while the request was on its way: once more, on a new one.
                guard error.wasStale, !isCancelled else { throw error }
            }
        }
        let fresh = try await connect(request, deadlines)
        try await run(request, on: fresh, deadlines)
    }

    /// See `UpstreamExchange`.
    package func read() throws(UpstreamError) -> BodyPiece {
        guard let connection else {
            if reader.isComplete { return .end }
            throw UpstreamError(.cancelled, "the exchange was cancelled")
        }
        if handedOut > 0 {
            connection.input.removeFirst(handedOut)
            handedOut = 0
        }
        while !reader.isComplete {
            if !connection.input.isEmpty {
                let bytes = unsafe connection.input.mutableBytes
                let step = unsafe try decode(bytes)
                handedOut = step.consumed
                if step.decoded > 0 {
                    return unsafe .bytes(
                        LoopBytes(UnsafeRawBufferPointer(rebasing: bytes[..<step.decoded]))
                    )
                }
                connection.input.removeFirst(handedOut)
                handedOut = 0
                continue
            }
            let space = unsafe transport.context.scratchSpace
            switch unsafe try receive(into: space, connection) {
            case .wouldBlock: return .pending
            case .endOfStream:
                guard reader.endOfStream() else {
                    throw broken(.closedInBody, "the upstream closed within the body")
                }
            case .bytes(let count):
                let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: space[..<count])
                let step = unsafe try decode(bytes)
                if step.consumed < count {
                    // Behind the answer's end nothing may come: the connection is no good.
                    unsafe connection.input.append(
                        UnsafeRawBufferPointer(rebasing: bytes[step.consumed...])
                    )
                }
                if step.decoded > 0 {
                    return unsafe .bytes(
                        LoopBytes(UnsafeRawBufferPointer(rebasing: bytes[..<step.decoded]))
                    )
                }
            }
        }
        finish(connection)
        return .end
    }

    /// See `UpstreamExchange`.
    package func wait(until deadline: Instant) async throws(UpstreamError) {
        guard let connection else {
            throw UpstreamError(.cancelled, "the exchange was cancelled")
        }
        do {
            let isWriting = !isSent && !connection.output.isEmpty
            let interest: Readiness = isWriting ? [.readable, .writable] : .readable
            try await connection.socket.wait(for: interest, until: deadline)
            writeRest(connection)
        } catch {
            throw broken(
                error == .timedOut ? .idleTimeout : .closedInBody,
                "waiting for the body: \(error)"
            )
        }
    }

    /// See `UpstreamExchange`. The connection is reset.
    package func cancel() {
        isCancelled = true
        resolving?.cancel()
        connecting?.close()
        connecting = nil
        if let connection {
            // A reset tells the upstream at once, where a close might leave it writing.
            connection.abort()
            self.connection = nil
        }
    }

    // MARK: - Connecting

    private func connect(
        _ request: UpstreamRequest,
        _ deadlines: UpstreamDeadlines
    ) async throws(UpstreamError) -> PlainConnection {
        let deadline = min(
            deadlines.head,
            transport.context.loop.now.advanced(milliseconds: deadlines.connectMS)
        )
        var last = UpstreamError(.connect, "\(request.origin.authority) has no address")
        defer { resolving = nil }
        let targets = try await transport.targets(of: request, until: deadline) { resolving = $0 }
        for address in targets {
            guard !isCancelled else { throw UpstreamError(.cancelled, "while connecting") }
            do throws(SocketError) {
                let socket = try StreamSocket.connecting(to: address, on: transport.context.loop)
                connecting = socket
                defer { connecting = nil }
                try await socket.finishConnecting(until: deadline)
                return transport.makeConnection(socket, for: request)
            } catch {
                guard !isCancelled else { throw UpstreamError(.cancelled, "while connecting") }
                let kind: UpstreamError.Kind = error == .timedOut ? .connectTimeout : .connect
                last = UpstreamError(kind, "\(address): \(error)")
                if error == .timedOut { break }
            }
        }
        throw last
    }

    // MARK: - Sending

    private func run(
        _ request: UpstreamRequest,
        on connection: PlainConnection,
        _ deadlines: UpstreamDeadlines
    ) async throws(UpstreamError) {
        self.connection = connection
        connection.uses += 1
        reader.reset()
        writeHead(request, connection.head)
        connection.output.removeAll()
        connection.output.append(connection.head)
        request.body(connection.output)
        isSent = false
        let answersHead = request.method == .head
        do throws(SocketError) {
            while true {
                if !isSent { try write(connection, answersHead) }
                if reader.status >= 200 { return keepRest(connection) }
                if try receiveHead(connection, answersHead) { return keepRest(connection) }
                let interest: Readiness = isSent ? .readable : [.readable, .writable]
                try await connection.socket.wait(for: interest, until: deadlines.head)
            }
        } catch {
            try fail(connection, error)
        }
    }

    /// An answer that begins before the request has been read whole does not end the request: the
    /// rest still goes out while the answer comes in. It is copied, since the memory was lent until
    /// now.
    private func keepRest(_ connection: PlainConnection) {
        guard !isSent else { return }
        connection.output.moveRemainder(into: connection.rest)
    }

    /// Writes more of such a rest. An upstream that takes no more of it has answered all the same.
    private func writeRest(_ connection: PlainConnection) {
        guard !isSent, !connection.output.isEmpty else { return }
        do {
            isSent = try connection.socket.write(connection.output)
        } catch {
            connection.output.removeAll()
        }
    }

    /// An upstream may answer before it has read the request, and close: then the answer counts.
    private func write(
        _ connection: PlainConnection,
        _ answersHead: Bool
    ) throws(SocketError) {
        let before = connection.output.remaining
        defer { if connection.output.remaining < before { hasSent = true } }
        do {
            isSent = try connection.socket.write(connection.output)
        } catch {
            guard (try? receiveHead(connection, answersHead)) == true else { throw error }
        }
    }

    private func writeHead(_ request: UpstreamRequest, _ head: ByteBuffer) {
        head.removeAll()
        head.append(request.method.name)
        head.append(byte: 0x20)
        head.append(request.target)
        head.append(" HTTP/1.1\r\nhost: ")
        head.append(request.origin.authority)
        head.append("\r\n")
        head.append(request.headerLines)
        if request.bodyCount > 0 || request.method == .post {
            head.append("content-length: ")
            head.append(decimal: request.bodyCount)
            head.append("\r\n")
        }
        head.append("\r\n")
    }

    /// Reads until the head is there or nothing more is.
    private func receiveHead(
        _ connection: PlainConnection,
        _ answersHead: Bool
    ) throws(SocketError) -> Bool {
        while true {
            let space = unsafe UnsafeMutableRawBufferPointer(
                rebasing: transport.context.scratchSpace[..<PlainExchange.headReadBytes]
            )
            switch unsafe try connection.socket.read(into: space) {
            case .wouldBlock: return false
            case .endOfStream: throw .closed
            case .bytes(let count):
                unsafe connection.input.append(
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(space)[..<count])
                )
                do {
                    if try reader.readHead(connection.input, answersHead: answersHead) {
                        return true
                    }
                } catch {
                    malformed = error
                    throw .closed
                }
            }
        }
    }

    /// What comes behind a head in the same read is kept for as long as a client does not take it,
    /// and its memory for the connection's life.
    private static let headReadBytes = 8_192
    private var malformed: HTTPProblem?

    /// Says what a failure before the head's end was.
    private func fail(
        _ connection: PlainConnection,
        _ error: SocketError
    ) throws(UpstreamError) -> Never {
        let wasCancelled = isCancelled
        let isFirst = connection.uses == 1
        let gotNothing = connection.input.isEmpty && reader.fields.buffer.isEmpty
        connection.abort()
        self.connection = nil
        if wasCancelled { throw UpstreamError(.cancelled, "before the head") }
        if let malformed {
            self.malformed = nil
            throw UpstreamError(.malformed, "the upstream's answer is not HTTP: \(malformed)")
        }
        if error == .timedOut {
            throw UpstreamError(.firstByteTimeout, "no answer in time")
        }
        var failure = UpstreamError(
            .closedBeforeHead,
            "the upstream closed the connection before it answered: \(error)"
        )
        failure.wasStale = !isFirst && gotNothing
        throw failure
    }

    // MARK: - Receiving

    private func receive(
        into space: UnsafeMutableRawBufferPointer,
        _ connection: PlainConnection
    ) throws(UpstreamError) -> StreamSocket.ReadOutcome {
        do {
            return unsafe try connection.socket.read(into: space)
        } catch {
            throw broken(.closedInBody, "\(error)")
        }
    }

    private func decode(
        _ bytes: UnsafeMutableRawBufferPointer
    ) throws(UpstreamError) -> (decoded: Int, consumed: Int) {
        do {
            return unsafe try reader.readBody(bytes)
        } catch {
            throw broken(.closedInBody, "the upstream's body is malformed: \(error)")
        }
    }

    /// The connection is of no more use.
    private func broken(_ kind: UpstreamError.Kind, _ detail: String) -> UpstreamError {
        let wasCancelled = isCancelled
        connection?.abort()
        connection = nil
        return wasCancelled
            ? UpstreamError(.cancelled, "within the body") : UpstreamError(kind, detail)
    }

    /// The answer is whole: the connection may serve the next exchange.
    private func finish(_ connection: PlainConnection) {
        self.connection = nil
        connection.output.removeAll()
        if reader.keepsAlive, isSent {
            transport.putBack(connection)
        } else {
            connection.close()
        }
    }
}
