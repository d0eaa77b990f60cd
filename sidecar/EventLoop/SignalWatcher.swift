internal import CLinux
internal import Glibc

/// Signals as events of the control thread's loop (signalfd(2)).
package final class SignalWatcher: ReadinessHandler {
    /// What a signal asks for.
    package enum Signal: Sendable {
        /// SIGTERM or SIGINT.
        case terminate
        /// SIGHUP.
        case reload
    }

    private let descriptor: CInt
    private let receive: (Signal) -> Void

    /// Must run on the main thread before any other is started: they inherit the mask.
    package static func block() {
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&mask, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
        // A client that closes while it is written to is an error of that write, no more.
        signal(SIGPIPE, SIG_IGN)
    }

    package init(
        loop: EventLoop,
        receive: @escaping (Signal) -> Void
    ) throws(LoopError) {
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&mask, number) }
        descriptor = unsafe signalfd(-1, &mask, SG_SFD_FLAGS)
        guard descriptor >= 0 else { throw LoopError(call: "signalfd") }
        self.receive = receive
        _ = try loop.register(descriptor, .readable, self)
    }

    /// Reads the signals that came.
    package func handle(_ readiness: Readiness) {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while unsafe read(descriptor, &info, size) == size {
            receive(info.ssi_signo == UInt32(SIGHUP) ? .reload : .terminate)
        }
    }
}
