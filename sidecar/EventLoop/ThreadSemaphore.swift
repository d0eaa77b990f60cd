internal import CLinux
internal import Glibc

/// A counting semaphore on which a thread can sleep until any other signals (eventfd(2)); `Mutex`
/// has no such thing.
///
/// It lives as long as the process: the threads that wait on one never end.
package struct ThreadSemaphore: Sendable {
    private let descriptor: CInt

    /// - Throws: when the process has no descriptor left.
    package init() throws(LoopError) {
        descriptor = eventfd(0, SG_EFD_SEMAPHORE)
        guard descriptor >= 0 else { throw LoopError(call: "eventfd") }
    }

    /// Wakes one waiting thread, now or when it next waits.
    package func signal() {
        _ = eventfd_write(descriptor, 1)
    }

    /// Sleeps until there is a signal, and takes it.
    package func wait() {
        var value: eventfd_t = 0
        while unsafe eventfd_read(descriptor, &value) != 0, errno == EINTR {}
    }
}
