package import EventLoop
internal import Synchronization

/// Names resolved off the loops, by `getaddrinfo` on a few threads of its own, and kept.
///
/// An answer is served for as long as there is none better: after `refreshMS` the next use asks
/// again in the background, and a failed refresh leaves the old addresses in place. Numeric hosts
/// are never looked up. Shared by all workers.
package final class AddressCache: Sendable {
    private struct State {
        var entries: [String: AddressEntry] = [:]
        var queue: [String] = []
        var threadCount = 0
        var idleThreads = 0
    }

    private let state = Mutex(State())
    private let changes = Atomic<UInt64>(0)
    private let refreshMS: UInt64
    private let queued: ThreadSemaphore
    private let resolve: @Sendable (String) -> Result<[SocketAddress], SystemResolver.Failure>
    private static let threadsMax = 4
    private static let entriesMax = 4_096

    /// - Throws: when the process has no descriptor left.
    package convenience init(refreshMS: UInt64) throws(LoopError) {
        try self.init(refreshMS: refreshMS, resolve: SystemResolver.resolve)
    }

    /// - Parameter resolve: blocks; called on the cache's threads.
    init(
        refreshMS: UInt64,
        resolve: @escaping @Sendable (String) -> Result<[SocketAddress], SystemResolver.Failure>
    ) throws(LoopError) {
        self.refreshMS = refreshMS
        self.resolve = resolve
        queued = try ThreadSemaphore()
    }

    /// Grows whenever the set of any host's addresses changes, a new host's included: as long as it
    /// stays the same, so does what was made of `known`. Any thread.
    package var version: UInt64 { changes.load(ordering: .acquiring) }

    /// Addresses of this age, in milliseconds, are not relied on: nobody has asked for the name in
    /// a while, and all of them may be gone.
    package var staleMS: UInt64 { refreshMS * 12 }

    /// Hosts that it keeps.
    var count: Int { state.withLock { $0.entries.count } }

    /// What is known of a host by now, without waiting; nil before its first look-up has ended.
    /// What is older than `refreshMS` is looked up in the background. Any thread.
    package func known(_ host: String, port: UInt16, now: Instant) -> KnownAddresses? {
        if let numeric = SocketAddress(host: host, port: port) {
            return KnownAddresses(addresses: [numeric], resolvedAt: now)
        }
        return withEntry(host, now) { entry in
            guard entry.askedAt != nil else { return nil }
            return KnownAddresses(
                addresses: entry.addresses(port: port),
                resolvedAt: entry.resolvedAt,
                failure: entry.failure
            )
        }
    }

    /// The addresses of a host, waiting for them where there are none yet.
    /// - Parameters:
    ///   - maxAgeMS: addresses that are older than this are waited for, too; when the look-up
    ///     fails or is not over at the deadline, the old ones are given all the same.
    ///   - willWait: gets what the look-up is waited for with, to cancel it.
    /// - Throws: `.resolve` when the name has none, `.connectTimeout` at the deadline,
    ///   `.cancelled`.
    package func addresses(
        of host: String,
        port: UInt16,
        on loop: EventLoop,
        until deadline: Instant,
        maxAgeMS: UInt64? = nil,
        willWait: (Waiter) -> Void = { _ in }
    ) async throws(UpstreamError) -> [SocketAddress] {
        if let numeric = SocketAddress(host: host, port: port) { return [numeric] }
        var maxAgeMS = maxAgeMS
        while true {
            let waiter = Waiter(loop: loop)
            let signal = RemoteSignal(waiter, on: loop)
            let found = try look(up: host, port, now: loop.now, maxAgeMS, signal)
            guard !found.isFresh else { return found.addresses }
            willWait(waiter)
            switch await waiter.wait(until: deadline) {
            // What a look-up has just said is as fresh as it gets.
            case .signalled: maxAgeMS = nil
            case .cancelled: throw UpstreamError(.cancelled, "while resolving \(host)")
            case .timedOut:
                guard found.addresses.isEmpty else { return found.addresses }
                throw UpstreamError(.connectTimeout, "the name \(host) was not resolved in time")
            }
        }
    }

    private struct Found: Sendable {
        /// None when there are none yet.
        let addresses: [SocketAddress]
        /// Whether they will do; else the signal will be sent.
        let isFresh: Bool
    }

    private func look(
        up host: String,
        _ port: UInt16,
        now: Instant,
        _ maxAgeMS: UInt64?,
        _ signal: RemoteSignal
    ) throws(UpstreamError) -> Found {
        let result = withEntry(host, now, maxAgeMS) { entry -> Result<Found, UpstreamError> in
            let addresses = entry.addresses(port: port)
            if !addresses.isEmpty, entry.isFresh(now, maxAgeMS: maxAgeMS) {
                return .success(Found(addresses: addresses, isFresh: true))
            }
            if addresses.isEmpty, let failure = entry.failure, !entry.isLookingUp {
                let kind = entry.isFailureOwn ? UpstreamError.Kind.noDescriptor : .resolve
                return .failure(UpstreamError(kind, "\(host): \(failure)"))
            }
            entry.waiting.append(signal)
            return .success(Found(addresses: addresses, isFresh: false))
        }
        return try result.get()
    }

    /// Runs `body` on a host's entry, a new one if need be, whose look-up has begun if it is due.
    private func withEntry<R: Sendable>(
        _ host: String,
        _ now: Instant,
        _ maxAgeMS: UInt64? = nil,
        _ body: (inout AddressEntry) -> R
    ) -> R {
        state.withLock { state in
            if state.entries[host, default: AddressEntry()].begin(now, refreshMS, maxAgeMS) {
                enqueue(host, &state)
            }
            return body(&state.entries[host, default: AddressEntry()])
        }
    }

    private func enqueue(_ host: String, _ state: inout State) {
        makeRoom(&state)
        state.queue.append(host)
        if state.idleThreads < state.queue.count, state.threadCount < AddressCache.threadsMax {
            state.threadCount += 1
            // The threads, and so the cache, live as long as the process.
            let thread = try? LoopThread(name: "sidegate-dns") { self.serve() }
            if let thread { thread.detach() } else { state.threadCount -= 1 }
        }
        queued.signal()
    }

    /// Clients that may name hosts can name any number of them: of too many, the half that was not
    /// asked for the longest goes.
    private func makeRoom(_ state: inout State) {
        guard state.entries.count > AddressCache.entriesMax else { return }
        let times = state.entries.values.map(\.usedAt).sorted()
        let middle = times[times.count / 2]
        state.entries = state.entries.filter { $0.value.isLookingUp || $0.value.usedAt >= middle }
    }

    private func serve() {
        while true {
            state.withLock { $0.idleThreads += 1 }
            queued.wait()
            let host = state.withLock { state in
                state.idleThreads -= 1
                return state.queue.isEmpty ? nil : state.queue.removeFirst()
            }
            if let host { finish(host, resolve(host)) }
        }
    }

    private func finish(
        _ host: String,
        _ result: Result<[SocketAddress], SystemResolver.Failure>
    ) {
        let waiting = state.withLock { state in
            let waiting = state.entries[host]?.waiting ?? []
            state.entries[host]?.waiting = []
            if state.entries[host, default: AddressEntry()].take(result, at: .now()) {
                // Within the lock: whoever sees the new version finds the new addresses.
                changes.add(1, ordering: .releasing)
            }
            return waiting
        }
        for signal in waiting { signal.send() }
    }
}
