internal import AWS
internal import EventLoop
internal import Synchronization

/// One source's credentials, shared by all workers, and those who wait for them.
final class CredentialEntry: Sendable {
    private struct State: Sendable {
        var life: CredentialLife
        var generator = SystemRandomNumberGenerator()
        /// Each is told once, on its own loop.
        var waiting: [UInt64: RemoteSignal] = [:]
        var nextID: UInt64 = 0
        /// When somebody asked for it last.
        var usedAt: Instant
    }

    let source: CredentialSource
    private let state: Mutex<State>

    init(_ source: CredentialSource, at now: Instant) {
        self.source = source
        state = Mutex(State(life: CredentialLife(CredentialTerms(source)), usedAt: now))
    }

    /// What one gets who is ready to wait until `patience`.
    func answer(at now: Instant, patience: Instant) -> CredentialLife.Answer {
        state.withLock { state in
            state.usedAt = now
            return state.life.answer(at: now.milliseconds, patience: patience.milliseconds)
        }
    }

    /// Why the last fetch failed; nil when it did not.
    var failure: CredentialFailure? { state.withLock { $0.life.failure } }

    /// Why there is nothing to sign with; nil where there is, or nothing has failed yet.
    func outage(at now: Instant) -> CredentialFailure? {
        state.withLock { $0.life.outage(at: now.milliseconds) }
    }

    /// Whose credentials they are; no secret.
    var accessKeyID: String? { state.withLock { $0.life.credential?.value.accessKeyID } }

    /// When the next fetch is due; nil while one is under way.
    var nextFetch: Instant? {
        state.withLock { $0.life.nextFetch.map { Instant(milliseconds: $0) } }
    }

    /// When somebody asked for it last.
    var usedAt: Instant { state.withLock { $0.usedAt } }

    // MARK: - Fetching

    /// Begins a fetch if one is due and none is under way.
    func begin(at now: Instant) -> Bool {
        state.withLock { $0.life.begin(at: now.milliseconds) }
    }

    /// Takes in what a fetch has come to, and wakes those who wait.
    func finish(
        _ result: Result<CredentialArrival, CredentialFailure>,
        at now: Instant
    ) -> CredentialLife.Report {
        let (report, signals) = state.withLock { state in
            let report: CredentialLife.Report
            switch result {
            case .success(let arrival):
                report = state.life.arrived(
                    arrival.credential,
                    issuedAt: arrival.sentAt.milliseconds,
                    wallSeconds: arrival.wallSeconds,
                    at: now.milliseconds,
                    using: &state.generator
                )
            case .failure(let failure):
                report = state.life.failed(
                    failure,
                    at: now.milliseconds,
                    using: &state.generator
                )
            }
            let signals = Array(state.waiting.values)
            state.waiting.removeAll()
            return (report, signals)
        }
        for signal in signals { signal.send() }
        return report
    }

    /// AWS did not accept a signature by this credential.
    /// - Returns: whether a fetch is due now.
    func drop(_ refused: IssuedCredential, at now: Instant) -> Bool {
        state.withLock { $0.life.drop(refused, at: now.milliseconds) }
    }

    // MARK: - Waiting

    /// Has one told of the end of the next fetch.
    func wait(_ signal: RemoteSignal) -> UInt64 {
        state.withLock { state in
            state.nextID += 1
            state.waiting[state.nextID] = signal
            return state.nextID
        }
    }

    /// One waits no longer.
    func leave(_ id: UInt64) {
        state.withLock { $0.waiting[id] = nil }
    }
}

/// What a fetch has brought.
struct CredentialArrival: Sendable {
    var credential: AWSCredential
    /// When the call was sent that brought it.
    var sentAt: Instant
    /// What the issuer's clock showed, in seconds since 1970.
    var wallSeconds: Int
}

extension Instant {
    /// Since the monotonic clock's beginning; what of a millisecond is not over is cut off.
    var milliseconds: UInt64 { nanoseconds / 1_000_000 }

    init(milliseconds: UInt64) {
        self = Instant(nanoseconds: 0).advanced(milliseconds: milliseconds)
    }
}
