package import EventLoop

extension ServerConnection {
    /// Begins an answer; fields are added to the writer, then one of the `send` calls follows.
    package func beginResponse(status: Int) -> ResponseHeadWriter {
        precondition(state == .none, "one answer for each request")
        state = .head
        self.status = status
        return ResponseHeadWriter(headOutput, status: status)
    }

    /// Whether any byte of an answer has left or is about to.
    package var hasBegun: Bool { state != .none }

    /// Forgets an answer that was begun but of which nothing was sent.
    package func abandonResponse() {
        precondition(state == .head, "an answer that was sent cannot be taken back")
        state = .none
    }

    /// Sends the head and a whole body, whose pieces `fill` puts into the vector.
    /// - Parameter contentLength: the body's size, also where a HEAD request leaves the body out.
    package func send(
        contentLength: Int,
        _ fill: (OutputVector) -> Void
    ) async throws(ServerConnectionError) {
        endHead(framing: hasNoBody ? .none : .length(contentLength))
        output.removeAll()
        output.append(headOutput)
        if head.method != .head, !hasNoBody { fill(output) }
        state = .done
        try await flush()
    }

    /// Puts the head of an answer before its first piece, or before `flush`.
    /// - Parameter contentLength: the body's size; nil when it is not known.
    package func beginStream(contentLength: Int? = nil) {
        output.removeAll()
        if head.method == .head || hasNoBody {
            endHead(framing: .none)
            state = .done
        } else if let contentLength {
            endHead(framing: .length(contentLength))
            state = .streamingPlain
        } else {
            endHead(framing: head.isHTTP10 ? .untilClose : .chunked)
            state = head.isHTTP10 ? .streamingPlain : .streamingChunks
        }
        output.append(headOutput)
    }

    /// Answers of these statuses have neither body nor framing (RFC 9110 §6.4.1, RFC 9112 §6.1).
    private var hasNoBody: Bool { status == 204 || status == 304 }

    /// Sends pieces of a streamed body, which `fill` puts into the vector, as one chunk. Waits
    /// while the client does not take them: that is how back-pressure reaches the upstream.
    package func sendPieces(_ fill: (OutputVector) -> Void) async throws(ServerConnectionError) {
        if state == .streamingChunks {
            let before = output.remaining
            let place = output.appendPlaceholder()
            fill(output)
            let count = output.remaining - before
            if count > 0 {
                chunkLine.removeAll()
                chunkLine.append(hexadecimal: count)
                chunkLine.append("\r\n")
                unsafe output.fill(place, chunkLine.bytes)
                output.append("\r\n")
            }
        } else if state == .streamingPlain {
            fill(output)
        }
        try await flush()
    }

    /// Ends a streamed body properly.
    package func endStream() async throws(ServerConnectionError) {
        if state == .streamingChunks { output.append("0\r\n\r\n") }
        state = .done
        try await flush()
    }

    /// Cuts the connection so that the client cannot take what it has for the whole answer.
    package func abort() {
        staysOpen = false
        socket.abort()
    }

    /// Closes after an answer while the client may still be sending: without reading on, the reset
    /// that the kernel sends could destroy the answer on its way (RFC 9112 §9.6).
    package func closeAfterAnswer() async {
        releaseBody()
        if socket.isOpen, hasUnreadBody || !input.isEmpty || socket.mayHaveInput {
            socket.shutdownWriting()
            await readToEnd()
        }
        socket.close()
    }

    /// Throws away what the client sends, for as long as a slow one needs to see the answer. The
    /// socket's reads per turn see to it that a fast one keeps nobody waiting.
    private func readToEnd() async {
        let end = context.loop.now.advanced(milliseconds: 10_000)
        while true {
            let space = unsafe context.scratchSpace
            guard let outcome = unsafe try? socket.read(into: space) else { return }
            switch outcome {
            case .bytes: continue
            case .endOfStream: return
            case .wouldBlock:
                let pause = context.loop.now.advanced(milliseconds: 2_000)
                do { try await socket.wait(for: .readable, until: min(end, pause)) } catch {
                    return
                }
                if context.loop.now >= end { return }
            }
        }
    }

    private enum Framing {
        case length(Int)
        case chunked
        case untilClose
        case none
    }

    private func endHead(framing: Framing) {
        if hasUnreadBody { staysOpen = false }
        switch framing {
        case .length(let count):
            headOutput.append("content-length: ")
            headOutput.append(decimal: count)
            headOutput.append("\r\n")
        case .chunked: headOutput.append("transfer-encoding: chunked\r\n")
        case .untilClose: staysOpen = false
        case .none: break
        }
        if !staysOpen { headOutput.append("connection: close\r\n") }
        headOutput.append("\r\n")
    }

    /// Writes all of `output`. What the socket does not take at once is copied, because the pieces
    /// lie in memory that others use during the wait.
    package func flush() async throws(ServerConnectionError) {
        let count = output.remaining
        defer { bytesOut += count - output.remaining }
        do {
            if try socket.write(output) { return }
            let spill = context.makeBuffer(output.remaining)
            defer { context.recycle(spill) }
            output.moveRemainder(into: spill)
            try await socket.writeAll(output, stallMS: context.limits.writeStallMS)
        } catch {
            output.removeAll()
            staysOpen = false
            throw error == .timedOut ? .timedOut : .gone
        }
    }
}
