internal import CLinux
internal import Glibc

/// A connected stream socket on the loop.
///
/// It is watched once, edge-triggered, for its whole life: what epoll said is kept in flags, and a
/// system call is made only where a flag says that it can succeed. One task at a time uses it.
///
/// A peer that sends faster than it is read could hold its task, and so the loop, for ever: after
/// `readsPerTurn` reads `read` says `.wouldBlock`, and `wait` then waits for the loop's next turn.
package final class StreamSocket: ReadinessHandler {
    /// What one read gave.
    package enum ReadOutcome: Sendable {
        case bytes(Int)
        case wouldBlock
        case endOfStream
    }

    package let loop: EventLoop
    private var descriptor: CInt
    private var registration: Registration?
    private let waiter: Waiter
    private var awaited: Readiness = []
    private var isReadable = true
    private var isWritable = true
    private var readsTurn: UInt64 = 0
    private var readsLeft = StreamSocket.readsPerTurn
    private var mustYield = false
    /// With reads of 64 KiB, 1 MiB.
    static let readsPerTurn = 16
    /// The peer has shut down its writing side, or the connection is gone.
    package private(set) var peerHasClosed = false
    /// Called once when `peerHasClosed` becomes true, from within the loop's turn.
    package var onPeerClosed: (() -> Void)?

    /// Takes over a connected (or connecting) non-blocking descriptor.
    package init(loop: EventLoop, descriptor: CInt) throws(SocketError) {
        self.loop = loop
        self.descriptor = descriptor
        self.waiter = Waiter(loop: loop)
        do {
            registration = try loop.register(
                descriptor,
                [.readable, .writable, .peerClosed, .edgeTriggered],
                self
            )
        } catch {
            Glibc.close(descriptor)
            self.descriptor = -1
            throw .system(call: "epoll_ctl", code: error.code)
        }
    }

    deinit {
        if descriptor >= 0 { loop.close(descriptor, registration) }
    }

    package var isOpen: Bool { descriptor >= 0 }

    /// Whether the peer may have sent something that was not read yet.
    package var mayHaveInput: Bool { isReadable }

    /// Takes note of what epoll says, and wakes the task that waits for it.
    package func handle(_ readiness: Readiness) {
        if readiness.contains(.readable) { isReadable = true }
        if readiness.contains(.writable) { isWritable = true }
        if !readiness.isDisjoint(with: [.peerClosed, .broken]) {
            isReadable = true
            if !readiness.isDisjoint(with: .broken) { isWritable = true }
            if !peerHasClosed {
                peerHasClosed = true
                onPeerClosed?()
            }
        }
        let isAwaited =
            (isReadable && awaited.contains(.readable))
            || (isWritable && awaited.contains(.writable))
        if isAwaited, waiter.isWaiting { waiter.signal() }
    }

    /// Ends a wait for input, if there is one, so that its task looks again at how things stand.
    package func wake() {
        isReadable = true
        if awaited.contains(.readable), waiter.isWaiting { waiter.signal() }
    }

    /// Reads what is there, into `buffer`. Never waits.
    package func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SocketError) -> ReadOutcome {
        guard isOpen else { throw .closed }
        guard unsafe !buffer.isEmpty else { return .bytes(0) }
        guard isReadable, takeRead() else { return .wouldBlock }
        while true {
            let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                // A short read has emptied the socket: the next edge will tell of more.
                if count < buffer.count, !peerHasClosed { isReadable = false }
                return .bytes(count)
            }
            if count == 0 { return .endOfStream }
            if errno == EINTR { continue }
            guard errno == EAGAIN else { throw .system(call: "recv", code: errno) }
            isReadable = false
            return .wouldBlock
        }
    }

    /// - Returns: whether this turn allows one more read.
    private func takeRead() -> Bool {
        if readsTurn != loop.turn {
            readsTurn = loop.turn
            readsLeft = StreamSocket.readsPerTurn
        }
        mustYield = readsLeft == 0
        if !mustYield { readsLeft -= 1 }
        return !mustYield
    }

    /// Writes as much of `output` as the socket takes. Never waits.
    /// - Returns: whether all of it is written.
    package func write(_ output: OutputVector) throws(SocketError) -> Bool {
        guard isOpen else { throw .closed }
        guard !output.isEmpty else { return true }
        guard isWritable else { return false }
        let written = output.write(to: descriptor)
        if written < 0 { throw .system(call: "writev", code: CInt(-written)) }
        if !output.isEmpty { isWritable = false }
        return output.isEmpty
    }

    /// Suspends until one of `interest` is possible.
    /// - Throws: `.timedOut` at the deadline, `.cancelled` after `cancel()`.
    package func wait(for interest: Readiness, until deadline: Instant?) async throws(SocketError) {
        guard isOpen else { throw .closed }
        if mustYield { return try await yield(until: deadline) }
        if isReadable && interest.contains(.readable) || isWritable && interest.contains(.writable)
        {
            return
        }
        awaited = interest
        let outcome = await waiter.wait(until: deadline)
        awaited = []
        switch outcome {
        case .signalled: return
        case .timedOut: throw .timedOut
        case .cancelled: throw .cancelled
        }
    }

    private func yield(until deadline: Instant?) async throws(SocketError) {
        mustYield = false
        await loop.nextTurn()
        guard !waiter.isCancelled else { throw .cancelled }
        if let deadline, deadline <= loop.now { throw .timedOut }
    }

    /// Writes all of `output`, waiting for the peer to take it.
    /// - Parameter stallMS: how long the peer may take nothing at all.
    package func writeAll(_ output: OutputVector, stallMS: UInt64) async throws(SocketError) {
        while try !write(output) {
            try await wait(for: .writable, until: loop.now.advanced(milliseconds: stallMS))
        }
    }

    /// Ends the wait of the task that uses the socket, with `.cancelled`.
    package func cancel() {
        waiter.cancel()
    }

    /// Closes in order, and ends the wait of the task that uses the socket.
    package func close() {
        guard descriptor >= 0 else { return }
        if let registration { loop.deregister(registration) }
        registration = nil
        onPeerClosed = nil
        Glibc.close(descriptor)
        descriptor = -1
        waiter.cancel()
    }

    /// Ends the connection with a reset instead of an orderly close, so that the peer cannot take a
    /// cut answer for a whole one.
    package func abort() {
        guard descriptor >= 0 else { return }
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, size)
        close()
    }

    /// Says that nothing more will be written; the peer reads to the end of the stream.
    package func shutdownWriting() {
        guard descriptor >= 0 else { return }
        _ = shutdown(descriptor, CInt(SHUT_WR))
    }

    func pendingError() -> CInt {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
            return errno
        }
        return code
    }

    func markConnecting() {
        isWritable = false
        isReadable = false
    }
}

/// Why a socket cannot go on.
package enum SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    case system(call: String, code: CInt)
    case timedOut
    case cancelled
    case closed

    package var description: String {
        switch self {
        case .system(let call, let code): LoopError(call: call, code: code).description
        case .timedOut: "timed out"
        case .cancelled: "cancelled"
        case .closed: "the connection is closed"
        }
    }
}
