internal import EventLoop

extension ServerConnection {
    /// Reads a body of `count` bytes. What counts against the budget is what has come, not what was
    /// announced: else a client could keep others out by announcing much and sending nothing.
    func readSizedBody(_ count: Int) async throws(ServerConnectionError) -> RequestBody {
        let arrived = min(input.count, count)
        guard count <= context.budget.bytesMax, context.budget.take(arrived) else {
            throw .overloaded
        }
        if input.count >= count {
            return RequestBody(context: context, input: input, count: count)
        }
        let buffer = context.makeBuffer(count)
        buffer.append(input)
        input.removeAll()
        let body = RequestBody(context: context, buffer: buffer, budgeted: arrived)
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
            guard body.budget(added) else { throw .overloaded }
        }
        return body
    }

    func readChunkedBody() async throws(ServerConnectionError) -> RequestBody {
        let parser = MessageParser(.request)
        let limit = context.limits.bodyBytesMax
        do { _ = try parser.parseHead(head.fields.copy(), from: 0) } catch { throw .problem(error) }
        let body = RequestBody(context: context, buffer: context.makeBuffer(4096), budgeted: 0)
        var framing = 0
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
                framing += step.consumed - step.decoded
                guard framing <= framingMax(body.count) else {
                    throw .problem(.malformed("a chunked body with more framing than content"))
                }
                if step.isComplete { return body }
            }
            switch try read() {
            case .bytes: continue
            case .wouldBlock: try await waitForBody()
            case .endOfStream: throw .gone
            }
        }
    }

    /// How much of chunk sizes, extensions and trailers a body may have. Chunks of one byte, the
    /// smallest, need five bytes each.
    private func framingMax(_ count: Int) -> Int {
        context.limits.headBytesMax + 8 * count
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
