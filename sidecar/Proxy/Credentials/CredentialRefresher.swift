internal import AWS
internal import EventLoop
internal import Logging
internal import Telemetry

/// Keeps the process' credentials fresh. One for the process, on its first worker's loop: that
/// makes one fetch at a time for each source a matter of course. It goes by the time, not by
/// requests, so that a sidecar which was idle has good credentials when somebody asks.
final class CredentialRefresher {
    private unowned let context: WorkerContext
    private let waiter: Waiter
    private var next: Instant?

    init(context: WorkerContext) {
        self.context = context
        waiter = Waiter(loop: context.loop)
        store.attach(RemoteSignal(waiter, on: context.loop))
    }

    private var store: CredentialStore { context.shared.credentials }

    /// Begins what is due.
    /// - Returns: the sources to `fetch`.
    func begin() -> [CredentialEntry] {
        let (due, next) = store.begin(at: .now())
        self.next = next
        return due
    }

    /// Waits until something is due, or there is news.
    func rest() async -> Bool {
        await waiter.wait(until: next) != .cancelled
    }

    /// No more fetches are begun.
    func stop() {
        waiter.cancel()
    }

    /// One fetch, from its begin to its end. Goes on while the process drains: its requests are
    /// signed, too.
    func fetch(_ entry: CredentialEntry) async {
        let fetch = CredentialFetch(context, store)
        let result: Result<CredentialArrival, CredentialFailure>
        do throws(CredentialFailure) {
            result = .success(try await fetch.run(entry.source))
        } catch {
            result = .failure(error)
        }
        let report = entry.finish(result, at: .now())
        waiter.signal()
        let isGood = if case .success = result { entry.failure == nil } else { false }
        context.telemetry.shard.countRefresh(entry.source.kind, isGood: isGood)
        tell(report, entry)
    }

    private func tell(_ report: CredentialLife.Report, _ entry: CredentialEntry) {
        let source = entry.source
        switch report {
        case .nothingNew: break
        case .failing(let failure):
            context.shared.log.warning(
                "AWS credentials cannot be fetched",
                metadata: [
                    "source": "\(source.kind.rawValue)", "from": "\(source.shown)",
                    "reason": "\(failure.text)",
                ]
            )
        case .recovered:
            context.shared.log.notice(
                "AWS credentials are fetched again",
                metadata: [
                    "source": "\(source.kind.rawValue)", "from": "\(source.shown)",
                    "key": "\(entry.accessKeyID ?? "")",
                ]
            )
        }
    }
}
