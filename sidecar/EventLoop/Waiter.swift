/// One task's wait for something that happens on the loop, with a deadline.
///
/// A signal that comes while nobody waits is kept for the next wait. At most one task waits.
@safe package final class Waiter {
    package enum Outcome: Sendable {
        case signalled
        case timedOut
        case cancelled
    }

    private var continuation: UnsafeContinuation<Outcome, Never>?
    private var kept: Outcome?
    private var timer: DeadlineTimer?
    private let loop: EventLoop

    package init(loop: EventLoop) {
        self.loop = loop
    }

    deinit {
        timer?.invalidate()
    }

    package var isWaiting: Bool { unsafe continuation != nil }
    package var isCancelled: Bool { kept == .cancelled }

    /// Suspends until `signal`, `cancel` or the deadline, whichever is first.
    package func wait(until deadline: Instant?) async -> Outcome {
        if let outcome = kept {
            if outcome == .signalled { kept = nil }
            return outcome
        }
        if let deadline {
            if timer == nil {
                timer = DeadlineTimer(loop: loop) { [weak self] in self?.finish(.timedOut) }
            }
            timer?.set(deadline)
        }
        return unsafe await withUnsafeContinuation { continuation in
            precondition(unsafe self.continuation == nil, "one task at a time waits on a Waiter")
            unsafe self.continuation = continuation
            // A task that no actor runs may have let others run on its way here.
            guard let outcome = kept else { return }
            if outcome == .signalled { kept = nil }
            finish(outcome)
        }
    }

    /// Ends the wait, or the next one when nobody waits.
    package func signal() {
        if isWaiting {
            finish(.signalled)
        } else if kept == nil {
            kept = .signalled
        }
    }

    /// Ends this wait and every later one.
    package func cancel() {
        kept = .cancelled
        if isWaiting { finish(.cancelled) }
    }

    /// Forgets a kept signal or cancellation.
    package func reset() {
        kept = nil
    }

    private func finish(_ outcome: Outcome) {
        guard let continuation = unsafe continuation else { return }
        unsafe self.continuation = nil
        timer?.clear()
        unsafe continuation.resume(returning: outcome)
    }
}

/// Signals a waiter from another thread.
///
/// Unchecked because the waiter is only touched on its loop, to which every send goes.
package struct RemoteSignal: @unchecked Sendable {
    private let waiter: Waiter
    private let loop: EventLoop

    package init(_ waiter: Waiter, on loop: EventLoop) {
        self.waiter = waiter
        self.loop = loop
    }

    /// Signals, soon. Any thread.
    package func send() {
        loop.execute { waiter.signal() }
    }
}
