internal import AWS
internal import EventLoop
internal import Synchronization

/// The credentials of all sources that the table in service names, one entry for equal sources in
/// the whole process. They are fetched by `CredentialRefresher`, ahead of time.
final class CredentialStore: Sendable {
    fileprivate struct State: Sendable {
        var entries: [CredentialSource: CredentialEntry] = [:]
        /// What the table in service names. The others are there for requests that began on an
        /// older table, or whose model's name says where it is, and go when nobody uses them.
        var named: Set<CredentialSource> = []
        /// Tells the refresher to look again.
        var wake: RemoteSignal?
    }

    private let state = Mutex(State())
    let clocks = HostClocks()

    // MARK: - Sources

    /// A table is put into service: what it names is fetched at once; what was fetched of it is
    /// kept.
    func adopt(_ sources: Set<CredentialSource>) {
        let now = Instant.now()
        let wake = state.withLock { state in
            state.named = sources.reduce(into: []) { $0.formUnion($1.fetched) }
            for source in state.named where state.entries[source] == nil {
                state.entries[source] = CredentialEntry(source, at: now)
            }
            return state.wake
        }
        wake?.send()
    }

    /// A source's entry, made if need be. Keys need none.
    func entry(_ source: CredentialSource) -> CredentialEntry {
        let (entry, wake) = state.withLock { state -> (CredentialEntry, RemoteSignal?) in
            if let known = state.entries[source] { return (known, nil) }
            state.makeRoom()
            let made = CredentialEntry(source, at: .now())
            state.entries[source] = made
            return (made, state.wake)
        }
        wake?.send()
        return entry
    }

    /// Why nothing can be signed with a source's credentials, in words; nil where something can.
    func outage(of source: CredentialSource) -> String? {
        let entry = state.withLock { $0.entries[source] }
        return entry?.outage(at: .now()).map { source.problem($0) }
    }

    /// What of the table in service could not be fetched, as text without secrets.
    var failures: [String] {
        let named = state.withLock { state in state.named.compactMap { state.entries[$0] } }
        return named.compactMap { entry in
            entry.failure.map { entry.source.problem($0) }
        }.sorted()
    }

    // MARK: - Fetching

    /// Who fetches, and is to be told when there is something to do.
    func attach(_ signal: RemoteSignal) {
        state.withLock { $0.wake = signal }
        signal.send()
    }

    /// Something is to be fetched now.
    func wakeRefresher() {
        state.withLock { $0.wake }?.send()
    }

    /// Begins the fetches that are due.
    /// - Returns: them, and when to look again.
    func begin(at now: Instant) -> (due: [CredentialEntry], next: Instant?) {
        let entries = state.withLock { state in
            state.sweep(at: now)
            return Array(state.entries.values)
        }
        let due = entries.filter { $0.begin(at: now) }
        return (due, entries.compactMap(\.nextFetch).min())
    }
}

extension CredentialStore.State {
    /// How long a source is kept that no table in service names, after its last use.
    private static let unnamedMS: UInt64 = 60_000
    /// There is one for each region that clients name, at worst.
    private static let unnamedMax = 64

    fileprivate mutating func sweep(at now: Instant) {
        if entries.count == named.count { return }
        entries = entries.filter { source, entry in
            named.contains(source)
                || now < entry.usedAt.advanced(milliseconds: Self.unnamedMS)
        }
    }

    /// Makes room for one that no table in service names.
    fileprivate mutating func makeRoom() {
        guard entries.count - named.count >= Self.unnamedMax else { return }
        let unnamed = entries.values.filter { !named.contains($0.source) }
        guard let oldest = unnamed.min(by: { $0.usedAt < $1.usedAt }) else { return }
        entries[oldest.source] = nil
    }
}
