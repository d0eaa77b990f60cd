internal import Cryptography
internal import EventLoop

/// One connection to one server: commands out, answers in, in the same order.
///
/// Commands are encoded into one buffer, which leaves in one write when the loop's turn ends. One
/// task reads; whoever sends does not wait here.
final class RedisConnection {
    private let context: RedisContext
    private let socket: StreamSocket
    private let secure: TLSSession?
    private let reader: ReplyReader
    private var inFlight = PendingQueue()
    private var postedCount = 0
    /// Commands that are encoded and wait for the turn's end.
    private var filling = ByteBuffer(capacity: RedisConnection.bufferBytes)
    /// What the socket is taking.
    private var leaving = ByteBuffer(capacity: RedisConnection.bufferBytes)
    private let vector = OutputVector()
    private var isFlushPlanned = false
    private var lateFlush: DeadlineTimer?
    /// Why it ended.
    private(set) var failure: RedisError?
    /// When bytes last came.
    private(set) var heardAt: Instant

    /// How long a command that nobody waits for may wait for others, in milliseconds: a write costs
    /// more than all else that is done for one.
    static let patienceMS: UInt64 = 1
    private static let bufferBytes = 2_048
    /// A buffer that has grown beyond this is not kept, in bytes.
    private static let keptBytesMax = 1 << 20

    /// - Parameter secure: a TLS session whose handshake has not begun; commands wait for it.
    init(socket: StreamSocket, secure: TLSSession?, context: RedisContext) {
        self.socket = socket
        self.secure = secure
        self.context = context
        heardAt = socket.loop.now
        let limits = context.settings.limits
        reader = ReplyReader(bytesMax: limits.replyBytesMax, valuesMax: limits.replyValuesMax)
        if secure != nil { planFlush() }
    }

    deinit {
        lateFlush?.invalidate()
        socket.close()
    }

    var isOpen: Bool { failure == nil }

    /// Whether something was asked that has no answer yet.
    var isAwaiting: Bool { !inFlight.isEmpty }

    /// When the command was handed over that is answered next.
    var awaitsSince: Instant? { inFlight.oldest?.handedOverAt }

    // MARK: - Sending

    /// Adds commands, one behind the other, to what leaves at the end of this turn.
    /// - Parameter isPatient: whether it may wait for others to leave with, for `patienceMS`.
    func send(
        _ command: RedisCommand,
        _ pending: PendingCommand,
        isPatient: Bool = false
    ) throws(RedisError) {
        if let failure { throw failure }
        let limits = context.settings.limits
        let unsent = filling.count + vector.remaining
        guard inFlight.count < limits.pendingMax,
            !pending.isPosted || postedCount < limits.postedMax,
            unsent + command.byteCount <= limits.outputBytesMax
        else { throw .tooManyPending }
        let before = filling.count
        command.encode(into: filling)
        context.counter.bytesOut.add(filling.count - before)
        inFlight.append(pending)
        pending.isInFlight = true
        if pending.isPosted { postedCount += 1 }
        // A burst must not pile up for nothing.
        if isPatient, filling.count < Self.bufferBytes * 8 { planLateFlush() } else { planFlush() }
    }

    private func planLateFlush() {
        guard !isFlushPlanned else { return }
        let timer =
            lateFlush ?? DeadlineTimer(loop: context.loop) { [unowned self] in planFlush() }
        lateFlush = timer
        if timer.deadline == nil {
            timer.set(context.loop.now.advanced(milliseconds: Self.patienceMS))
        }
    }

    private func planFlush() {
        guard !isFlushPlanned else { return }
        isFlushPlanned = true
        lateFlush?.clear()
        context.loop.atEndOfTurn { [self] in
            isFlushPlanned = false
            flush()
        }
    }

    /// Has all leave that waits for others to leave with.
    func endPatience() {
        if isOpen, lateFlush?.deadline != nil { planFlush() }
    }

    /// Writes as much as the socket takes. What it does not take, the reading task writes.
    func flush() {
        guard isOpen else { return }
        do throws(RedisError) {
            while try write() {
                guard try fillVector() else { return }
            }
        } catch {
            fail(error)
            return
        }
        // The reading task writes what is left; as long as nothing is, it need not look.
        if !vector.isEmpty { socket.wake() }
    }

    /// - Returns: whether all of the vector is written.
    private func write() throws(RedisError) -> Bool {
        do {
            return try socket.write(vector)
        } catch {
            throw .closed("\(error)")
        }
    }

    /// Puts what is to leave next into the vector, which is empty.
    /// - Returns: whether there is something.
    private func fillVector() throws(RedisError) -> Bool {
        if let secure {
            try encrypt(with: secure)
        } else {
            swap(&filling, &leaving)
            empty(&filling)
        }
        vector.append(leaving)
        return !leaving.isEmpty
    }

    private func encrypt(with secure: TLSSession) throws(RedisError) {
        do throws(TLSError) {
            try secure.advance()
            if secure.isEstablished {
                unsafe try secure.write(filling.bytes)
                empty(&filling)
            }
        } catch {
            throw .closed("\(error)")
        }
        takeOutput(of: secure)
    }

    /// Keeps the memory, unless one burst has made it large.
    private func empty(_ buffer: inout ByteBuffer) {
        if buffer.capacity > RedisConnection.keptBytesMax {
            buffer = ByteBuffer(capacity: RedisConnection.bufferBytes)
        } else {
            buffer.removeAll()
        }
    }

    private func takeOutput(of secure: TLSSession) {
        empty(&leaving)
        while secure.outputCount > 0 {
            leaving.grow(by: unsafe secure.takeOutput(into: leaving.spare(secure.outputCount)))
        }
    }

    // MARK: - Receiving

    /// Reads and writes for as long as `condition` holds.
    /// - Throws: why the connection ended, or `.timeout` at the deadline.
    func run(until deadline: Instant?, while condition: () -> Bool) async throws(RedisError) {
        while condition() {
            receive()
            if let failure { throw failure }
            guard condition() else { return }
            let interest: Readiness = vector.isEmpty ? .readable : [.readable, .writable]
            do throws(SocketError) {
                try await socket.wait(for: interest, until: deadline)
            } catch {
                if let failure { throw failure }
                throw error == .timedOut ? .timeout : .closed("\(error)")
            }
            if !vector.isEmpty { flush() }
        }
    }

    /// Reads what is there, and gives answers to those who wait for them. Never waits.
    func receive() {
        guard isOpen else { return }
        do throws(RedisError) {
            while try read() {}
        } catch {
            fail(error)
        }
    }

    /// - Returns: whether there may be more.
    private func read() throws(RedisError) -> Bool {
        let space = unsafe context.scratchSpace
        let outcome: StreamSocket.ReadOutcome
        do {
            outcome = unsafe try socket.read(into: space)
        } catch {
            throw .closed("\(error)")
        }
        switch outcome {
        case .wouldBlock: return false
        case .endOfStream: throw .closed("Redis closed it")
        case .bytes(let count):
            heardAt = context.loop.now
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: space[..<count])
            if let secure {
                unsafe try decrypt(bytes, with: secure)
            } else {
                unsafe try take(bytes)
            }
            return true
        }
    }

    private func decrypt(
        _ bytes: UnsafeRawBufferPointer,
        with secure: TLSSession
    ) throws(RedisError) {
        do throws(TLSError) {
            unsafe try secure.receive(bytes)
            try secure.advance()
        } catch {
            // The server is told why before the connection ends.
            if vector.isEmpty {
                takeOutput(of: secure)
                vector.append(leaving)
                _ = try? socket.write(vector)
            }
            throw .down("\(error)")
        }
        let space = unsafe context.scratchSpace
        while secure.isEstablished {
            let count: Int
            do {
                count = unsafe try secure.read(into: space)
            } catch {
                throw .closed("\(error)")
            }
            guard count > 0 else { break }
            unsafe try take(UnsafeRawBufferPointer(rebasing: space[..<count]))
        }
        if secure.outputCount > 0 || !filling.isEmpty { planFlush() }
    }

    /// In small parts: hiredis moves what it has left to the front for each kilobyte of answers.
    private func take(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
        context.counter.bytesIn.add(bytes.count)
        var start = 0
        while start < bytes.count {
            let end = min(start + 8_192, bytes.count)
            unsafe try reader.feed(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            while let reply = try reader.next() { try deliver(reply) }
            start = end
        }
    }

    private func deliver(_ reply: RedisReply) throws(RedisError) {
        guard let pending = inFlight.popFirst() else {
            throw .protocolViolation("an answer that was not asked for")
        }
        pending.isInFlight = false
        if pending.isPosted { postedCount -= 1 }
        if !pending.isLate { context.counter.answered.add() }
        if case .error(let error) = reply {
            pending.finish(.failure(.server(error)))
        } else {
            pending.finish(.success(reply))
        }
    }

    // MARK: - Ending

    /// Gives an outcome to all who wait, and leaves their answers to come and be dropped.
    func giveUpWaiting(_ error: RedisError) {
        inFlight.forEach { pending in
            guard !pending.isPosted, !pending.isLate else { return }
            pending.isLate = true
            context.counter.timedOut.add()
            pending.finish(.failure(error))
        }
    }

    /// Ends it, and with it the wait of everyone.
    func fail(_ error: RedisError) {
        guard failure == nil else { return }
        failure = error
        lateFlush?.invalidate()
        vector.removeAll()
        socket.close()
        for pending in inFlight.takeAll() {
            pending.isInFlight = false
            if !pending.isLate { context.counter.lost.add() }
            pending.finish(.failure(error))
        }
    }
}
