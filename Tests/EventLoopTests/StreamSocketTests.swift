import Glibc
import TestSupport
import Testing

@testable import EventLoop

@Suite("StreamSocket", .timeLimit(.minutes(5)))
struct StreamSocketTests {
    @Test("reads what comes, and the end of it")
    func reads() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let (inner, outer) = RawSocket.pair()
            let socket = try StreamSocket(loop: loop, descriptor: inner)
            let buffer = ByteBuffer()
            try LoopThread(name: "peer") {
                usleep(5_000)
                outer.send("hello")
                outer.finishSending()
            }.detach()
            var isAtEnd = false
            while !isAtEnd {
                let space = buffer.spare(100)
                switch try socket.read(into: space) {
                case .bytes(let count): buffer.grow(by: count)
                case .wouldBlock: try await socket.wait(for: .readable, until: nil)
                case .endOfStream: isAtEnd = true
                }
            }
            #expect(String(decoding: buffer.bytes, as: UTF8.self) == "hello")
            #expect(socket.peerHasClosed)
            socket.close()
        }
    }

    @Test("an empty buffer is no end of the stream")
    func emptyBuffer() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let (inner, outer) = RawSocket.pair()
            let socket = try StreamSocket(loop: loop, descriptor: inner)
            outer.send("x")
            let nothing = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            guard case .bytes(0) = try socket.read(into: nothing) else {
                Issue.record("an empty read found something")
                return
            }
            socket.close()
        }
    }

    @Test("one that nobody closed closes, and leaves the loop, when it is let go of")
    func dropped() async throws {
        let harness = try LoopHarness()
        let (inner, outer) = RawSocket.pair()
        // The last reference goes on this thread, which is not the loop's.
        _ = try await harness.run { loop in
            let socket = try StreamSocket(loop: loop, descriptor: inner)
            await loop.nextTurn()
            return LoopBound(socket)
        }
        outer.limitWaits(seconds: 5)
        #expect(outer.receive() == [])
        // The descriptor's number may serve again, and its events find their own handler.
        try await harness.run { loop in
            let (again, peer) = RawSocket.pair()
            let socket = try StreamSocket(loop: loop, descriptor: again)
            peer.send("x")
            socket.wake()
            try await socket.wait(for: .readable, until: nil)
            socket.close()
        }
    }

    @Test("many dropped sockets leave no descriptor open")
    func manyDropped() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            for _ in 0..<2_000 {
                let (inner, outer) = RawSocket.pair()
                _ = try StreamSocket(loop: loop, descriptor: inner)
                #expect(outer.receive() == [])
            }
        }
    }

    @Test("an event of a descriptor that was closed in the same turn reaches nobody")
    func staleEvents() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let (firstInner, firstOuter) = RawSocket.pair()
            let (secondInner, secondOuter) = RawSocket.pair()
            let first = try StreamSocket(loop: loop, descriptor: firstInner)
            let second = try StreamSocket(loop: loop, descriptor: secondInner)
            await loop.nextTurn()
            let journal = Journal()
            var late: StreamSocket?
            var peers: [RawSocket] = []
            // Whichever event comes first closes the other socket and takes its number.
            func closeOther(_ other: StreamSocket) {
                journal.note("event")
                other.close()
                let (inner, outer) = RawSocket.pair()
                late = try? StreamSocket(loop: loop, descriptor: inner)
                late?.onPeerClosed = { journal.note("wrong") }
                journal.note("made")
                peers.append(outer)
            }
            first.onPeerClosed = { closeOther(second) }
            second.onPeerClosed = { closeOther(first) }
            firstOuter.finishSending()
            secondOuter.finishSending()
            await loop.nextTurn()
            #expect(journal.all == ["event", "made"])
            first.close()
            second.close()
            late?.close()
        }
    }

    @Test("a wait ends at its deadline, with a cancellation and with a close")
    func waits() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let (inner, outer) = RawSocket.pair()
            let socket = try StreamSocket(loop: loop, descriptor: inner)
            #expect(try socket.isAtWait())
            do {
                let end = await outcome(socket, loop.now.advanced(milliseconds: 5))
                #expect(end == .timedOut)
            }
            let bound = LoopBound(socket)
            harness.worker.start { _ in bound.value.cancel() }
            do {
                let end = await outcome(socket, nil)
                #expect(end == .cancelled)
            }
            do {
                let end = await outcome(socket, nil)
                #expect(end == .cancelled)
            }

            let (other, peer) = RawSocket.pair()
            let closing = try StreamSocket(loop: loop, descriptor: other)
            #expect(try closing.isAtWait())
            let boundClosing = LoopBound(closing)
            harness.worker.start { _ in boundClosing.value.close() }
            do {
                let end = await outcome(closing, nil)
                #expect(end == .cancelled)
            }
            do {
                let end = await outcome(closing, nil)
                #expect(end == .closed)
            }
            socket.close()
            withExtendedLifetime((outer, peer)) {}
        }
    }

    @Test("a flood is read in shares: after each one the loop has its turn")
    func shares() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let (inner, outer) = RawSocket.pair()
            let socket = try StreamSocket(loop: loop, descriptor: inner)
            outer.send([UInt8](repeating: 0, count: 1000))
            await loop.nextTurn()
            let buffer = ByteBuffer(capacity: 1)
            var reads = 0
            while case .bytes = try socket.read(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer.spare(1)[..<1])
            ) {
                reads += 1
            }
            #expect(reads == StreamSocket.readsPerTurn)
            let turn = loop.turn
            try await socket.wait(for: .readable, until: nil)
            #expect(loop.turn > turn)
            guard case .bytes = try socket.read(into: buffer.spare(1)) else {
                Issue.record("the next turn allows no read")
                return
            }
            socket.close()
        }
    }

    @Test("a peer that sends on and on does not outlast a deadline")
    func floodedDeadline() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let (inner, outer) = RawSocket.pair()
            let socket = try StreamSocket(loop: loop, descriptor: inner)
            try LoopThread(name: "flood") {
                let piece = [UInt8](repeating: 0, count: 65_536)
                while outer.send(piece) {}
            }.detach()
            let buffer = ByteBuffer()
            let deadline = loop.now.advanced(milliseconds: 30)
            var error: SocketError?
            while error == nil {
                do throws(SocketError) {
                    guard case .wouldBlock = try socket.read(into: buffer.spare(1024)) else {
                        continue
                    }
                    try await socket.wait(for: .readable, until: deadline)
                } catch let failure {
                    error = failure
                }
            }
            #expect(error == .timedOut)
            socket.close()
        }
    }

    private func outcome(_ socket: StreamSocket, _ deadline: Instant?) async -> SocketError? {
        do {
            try await socket.wait(for: .readable, until: deadline)
            return nil
        } catch {
            return error
        }
    }
}

extension StreamSocket {
    /// Whether a read finds nothing, so that a wait is a real one.
    fileprivate func isAtWait() throws -> Bool {
        let buffer = ByteBuffer()
        guard case .wouldBlock = try read(into: buffer.spare(8)) else { return false }
        return true
    }
}

@Suite("Connecting and listening", .timeLimit(.minutes(5)))
struct ListenerTests {
    private func listener() throws -> ListeningSocket {
        try .bind(try #require(SocketAddress(parsing: "127.0.0.1:0")))
    }

    @Test("a connection is accepted with its peer's address")
    func accepts() async throws {
        let harness = try LoopHarness()
        let listening = try listener()
        defer { listening.close() }
        try await harness.run { loop in
            let accepted = Waiter(loop: loop)
            var peer: SocketAddress?
            let listener = try Listener(loop: loop, socket: listening) { stream, address in
                peer = address
                stream.close()
                accepted.signal()
            }
            let socket = try StreamSocket.connecting(to: listener.address, on: loop)
            try await socket.finishConnecting(until: loop.now.advanced(milliseconds: 5_000))
            _ = await accepted.wait(until: nil)
            #expect(peer?.host == "127.0.0.1")
            socket.close()
            listener.close()
        }
    }

    @Test("one that is finished takes what has come, and has who comes later refused")
    func finishes() async throws {
        let harness = try LoopHarness()
        let listening = try listener()
        defer { listening.close() }
        try await harness.run { loop in
            var accepted = 0
            let listener = try Listener(loop: loop, socket: listening) { stream, _ in
                accepted += 1
                stream.close()
            }
            // The kernel connects them; the loop has had no turn yet.
            let early = try (0..<40).map { _ in
                try StreamSocket.connecting(to: listener.address, on: loop)
            }
            listener.finish()
            #expect(accepted == early.count)
            for socket in early { socket.close() }
            var error: SocketError?
            do throws(SocketError) {
                let late = try StreamSocket.connecting(to: listening.address, on: loop)
                try await late.finishConnecting(until: loop.now.advanced(milliseconds: 10_000))
            } catch let failure {
                error = failure
            }
            #expect(error == .system(call: "connect", code: ECONNREFUSED))
        }
    }

    @Test("connecting to a port where nobody listens fails at once")
    func refused() async throws {
        let harness = try LoopHarness()
        let listening = try listener()
        listening.close()
        try await harness.run { loop in
            var error: SocketError?
            do throws(SocketError) {
                let socket = try StreamSocket.connecting(to: listening.address, on: loop)
                try await socket.finishConnecting(until: loop.now.advanced(milliseconds: 5_000))
            } catch let failure {
                error = failure
            }
            #expect(error == .system(call: "connect", code: ECONNREFUSED))
        }
    }

    @Test("a connect that gets no answer ends at its deadline")
    func connectTimeout() async throws {
        let harness = try LoopHarness()
        let listening = try listener()
        defer { listening.close() }
        // Nobody accepts, and the backlog is one: further connections get no answer.
        _ = listen(listening.descriptor, 0)
        try await harness.run { loop in
            var sockets: [StreamSocket] = []
            var error: SocketError?
            for _ in 0..<4 where error == nil {
                do throws(SocketError) {
                    let socket = try StreamSocket.connecting(to: listening.address, on: loop)
                    sockets.append(socket)
                    try await socket.finishConnecting(until: loop.now.advanced(milliseconds: 100))
                } catch let failure {
                    error = failure
                }
            }
            #expect(error == .timedOut)
            #expect(sockets.last?.isOpen == false)
            for socket in sockets { socket.close() }
        }
    }

    @Test("one that has run out of descriptors takes connections again a moment later")
    func backOff() async throws {
        let harness = try LoopHarness()
        let listening = try listener()
        defer { listening.close() }
        try await harness.run { loop in
            let accepted = Waiter(loop: loop)
            let listener = try Listener(loop: loop, socket: listening) { stream, _ in
                stream.close()
                accepted.signal()
            }
            listener.backOff()
            let socket = try StreamSocket.connecting(to: listening.address, on: loop)
            do {
                let end = await accepted.wait(until: loop.now.advanced(milliseconds: 5))
                #expect(end == .timedOut)
            }
            do {
                let end = await accepted.wait(until: loop.now.advanced(milliseconds: 5_000))
                #expect(end == .signalled)
            }
            socket.close()
            listener.close()
        }
    }
}
