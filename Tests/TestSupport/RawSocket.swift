internal import EventLoop
internal import Glibc

/// A blocking socket: the other end of what is tested.
package final class RawSocket: Sendable {
    package let descriptor: CInt

    package init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Two connected sockets; the first one does not block.
    package static func pair() -> (inner: CInt, outer: RawSocket) {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { fatalError("socketpair") }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (ends[0], RawSocket(descriptor: ends[1]))
    }

    /// Makes the sender's buffer as small as the kernel allows.
    package static func shrinkSendBuffer(_ descriptor: CInt) {
        var size: CInt = 1
        let length = socklen_t(MemoryLayout<CInt>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, length)
    }

    /// Sends all of it.
    /// - Returns: false when the other end is gone.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.send(
                    descriptor,
                    raw.baseAddress.map { unsafe $0 + sent },
                    raw.count - sent,
                    CInt(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// What comes next, at most 64 KiB; empty at the end, nil after a reset or a timeout.
    package func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : Array(buffer[..<count])
    }

    /// Everything to the end of the stream.
    package func receiveAll() -> String {
        var all: [UInt8] = []
        while let piece = receive(), !piece.isEmpty { all += piece }
        return String(decoding: all, as: UTF8.self)
    }

    /// Everything until `text` has come, or the end.
    package func receive(until text: String) -> String {
        var all = ""
        while !all.contains(text), let piece = receive(), !piece.isEmpty {
            all += String(decoding: piece, as: UTF8.self)
        }
        return all
    }

    /// A receive that takes longer gives nil.
    package func limitWaits(seconds: Int) {
        var timeout = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
    }

    package func finishSending() {
        _ = shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Makes the end of this object a reset of the connection.
    package func resetAtEnd() {
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, size)
    }
}

/// Runs a body that blocks on a thread of its own.
package func onThread<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
    await withCheckedContinuation { continuation in
        do {
            try LoopThread(name: "test-peer") { continuation.resume(returning: body()) }.detach()
        } catch {
            fatalError("no thread: \(error)")
        }
    }
}
