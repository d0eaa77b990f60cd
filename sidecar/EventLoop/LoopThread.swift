internal import CLinux
internal import Glibc

/// A thread with a name, for an event loop or for a C call that blocks.
package struct LoopThread: ~Copyable {
    private let thread: pthread_t

    /// - Parameter name: at most 15 bytes, as `ps -L` shows it.
    package init(name: String, body: @escaping @Sendable () -> Void) throws(LoopError) {
        let box = unsafe Unmanaged.passRetained(ThreadBody(body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread,
            nil,
            { context in
                guard let context = unsafe context else { return nil }
                let body = unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue()
                body.run()
                return nil
            },
            box.toOpaque()
        )
        guard code == 0 else {
            unsafe box.release()
            throw LoopError(call: "pthread_create", code: code)
        }
        unsafe sg_set_thread_name(thread, name)
        self.thread = thread
    }

    /// Waits until the body has returned.
    package consuming func join() {
        pthread_join(thread, nil)
    }

    /// Lets the thread end by itself.
    package consuming func detach() {
        pthread_detach(thread)
    }
}

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
