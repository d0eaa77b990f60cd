internal import Glibc
package import POSIX
internal import Synchronization

/// Writes log lines on a thread of its own, so that a full pipe or disk delays no request. What it
/// cannot get rid of in time is dropped and counted. Shared by all workers.
package final class LogWriter: Sendable {
    private struct State {
        var queue: [[UInt8]] = []
        var queuedBytes = 0
        var isWriting = false
        var isClosed = false
        var dropped = 0
    }

    private let state = Mutex(State())
    private let descriptor: CInt
    private let queued: ThreadSemaphore
    private let failed: @Sendable (Errno) -> Void
    private static let queuedBytesMax = 8 << 20

    /// - Parameters:
    ///   - descriptor: stays open for as long as the process lives.
    ///   - failed: told, on the writer's thread, why a line could not be written; once, until one
    ///     could be again.
    package init(
        descriptor: CInt,
        failed: @escaping @Sendable (Errno) -> Void = { _ in }
    ) throws(LoopError) {
        self.descriptor = descriptor
        self.failed = failed
        queued = try ThreadSemaphore()
        let thread = try LoopThread(name: "sidegate-log") { self.run() }
        thread.detach()
    }

    /// Lines that were dropped because the log did not take them.
    package var droppedLines: Int { state.withLock { $0.dropped } }

    /// Queues whole lines. Never waits; drops and counts them when too much is queued.
    package func write(_ bytes: [UInt8]) {
        let isQueued = state.withLock { state in
            guard state.queuedBytes + bytes.count <= LogWriter.queuedBytesMax else {
                state.dropped += LogWriter.lines(bytes)
                return false
            }
            state.queue.append(bytes)
            state.queuedBytes += bytes.count
            return true
        }
        if isQueued { queued.signal() }
    }

    /// Waits until everything is written, at most `milliseconds`.
    package func drain(milliseconds: UInt64) {
        let end = Instant.now().advanced(milliseconds: milliseconds)
        while Instant.now() < end {
            if state.withLock({ $0.queue.isEmpty && !$0.isWriting }) { return }
            _ = usleep(2_000)
        }
    }

    private static func lines(_ bytes: [UInt8]) -> Int {
        unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            var (lines, place) = (0, 0)
            while let end = unsafe memchr(base + place, 0x0A, buffer.count - place) {
                lines += 1
                place = unsafe UnsafeRawPointer(end) - base + 1
            }
            return lines
        }
    }

    private func run() {
        var isFailing = false
        while true {
            queued.wait()
            let buffers = state.withLock { state in
                defer {
                    state.queue.removeAll()
                    state.queuedBytes = 0
                    state.isWriting = true
                }
                return state.queue
            }
            for buffer in buffers {
                let error = writeAll(buffer)
                if let error {
                    state.withLock { $0.dropped += LogWriter.lines(buffer) }
                    if !isFailing { failed(error) }
                }
                isFailing = error != nil
            }
            state.withLock { $0.isWriting = false }
        }
    }

    /// - Returns: why it could not.
    private func writeAll(_ bytes: [UInt8]) -> Errno? {
        unsafe bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    written += count
                    continue
                }
                let error = Errno.current
                // A full disk or a closed pipe: the requests matter more than their lines.
                if error != .interrupted { return error }
            }
            return nil
        }
    }
}
