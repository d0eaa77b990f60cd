internal import AWS
internal import EventLoop

/// One's wait for a source's credentials.
final class CredentialWait {
    private let entry: CredentialEntry
    private let patience: Instant
    private let loop: EventLoop
    let waiter: Waiter

    init(_ entry: CredentialEntry, patience: Instant, _ loop: EventLoop) {
        self.entry = entry
        self.patience = patience
        self.loop = loop
        waiter = Waiter(loop: loop)
    }

    /// Waits until there are credentials, or it is clear that there will be none in time.
    /// - Returns: `.wait` when patience has come to its end, or the waiter was cancelled.
    func run() async -> CredentialLife.Answer {
        while true {
            // Before the question: what happens in between must not be missed.
            let id = entry.wait(RemoteSignal(waiter, on: loop))
            defer { entry.leave(id) }
            let answer = entry.answer(at: .now(), patience: patience)
            guard case .wait = answer else { return answer }
            if await waiter.wait(until: patience) != .signalled { return .wait }
        }
    }
}
