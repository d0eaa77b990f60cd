package import EventLoop
internal import Glibc
internal import Synchronization

/// Names resolved off the loops, by `getaddrinfo` on a few threads of its own, and kept.
///
/// An answer is served for as long as there is none better: after `refreshMS` the next use asks
/// again in the background, and a failed refresh leaves the old addresses in place. Shared by all
/// workers.
package final class AddressCache: Sendable {
    private struct Entry {
        var addresses: [SocketAddress] = []
        var resolvedAt = Instant(nanoseconds: 0)
        var failure: String?
        var isLookingUp = false
        var waiting: [RemoteSignal] = []
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var queue: [String] = []
        var threadCount = 0
        var idleThreads = 0
    }

    private let state = Mutex(State())
    private let refreshMS: UInt64
    private let queued: ThreadSemaphore
    private static let threadsMax = 4
    private static let failureMS: UInt64 = 1_000
    private static let entriesMax = 4_096

    private let resolve: @Sendable (String) -> Result<[SocketAddress], LookUpFailure>

    /// - Throws: when the process has no descriptor left.
    package convenience init(refreshMS: UInt64) throws(LoopError) {
        try self.init(refreshMS: refreshMS, resolve: AddressCache.resolve)
    }

    /// - Parameter resolve: blocks; called on the cache's threads.
    init(
        refreshMS: UInt64,
        resolve: @escaping @Sendable (String) -> Result<[SocketAddress], LookUpFailure>
    ) throws(LoopError) {
        self.refreshMS = refreshMS
        self.resolve = resolve
        queued = try ThreadSemaphore()
    }

    /// The addresses of a host, numeric ones without a look-up.
    /// - Parameter willWait: gets what the look-up is waited for with, to cancel it.
    /// - Throws: `.resolve` when the name has none, `.connectTimeout` at the deadline,
    ///   `.cancelled`.
    package func addresses(
        of host: String,
        port: UInt16,
        on loop: EventLoop,
        until deadline: Instant,
        willWait: (Waiter) -> Void = { _ in }
    ) async throws(UpstreamError) -> [SocketAddress] {
        if let numeric = SocketAddress(host: host, port: port) { return [numeric] }
        while true {
            let waiter = Waiter(loop: loop)
            if let found = try look(up: host, now: loop.now, RemoteSignal(waiter, on: loop)) {
                return found.map { $0.with(port: port) }
            }
            willWait(waiter)
            switch await waiter.wait(until: deadline) {
            case .signalled: continue
            case .cancelled: throw UpstreamError(.cancelled, "while resolving \(host)")
            case .timedOut:
                throw UpstreamError(.connectTimeout, "the name \(host) was not resolved in time")
            }
        }
    }

    /// - Returns: nil when `signal` will be sent.
    private func look(
        up host: String,
        now: Instant,
        _ signal: RemoteSignal
    ) throws(UpstreamError) -> [SocketAddress]? {
        let result: Result<[SocketAddress]?, UpstreamError> = state.withLock { state in
            if state.entries.count > AddressCache.entriesMax {
                state.entries = state.entries.filter { $0.value.isLookingUp }
            }
            var entry = state.entries[host] ?? Entry()
            defer { state.entries[host] = entry }
            let ageMS = now.since(entry.resolvedAt) / 1_000_000
            let limit = entry.failure == nil ? refreshMS : AddressCache.failureMS
            if ageMS >= limit, !entry.isLookingUp {
                entry.isLookingUp = true
                enqueue(host, &state)
            }
            if !entry.addresses.isEmpty { return .success(entry.addresses) }
            if let failure = entry.failure, ageMS < limit {
                return .failure(UpstreamError(.resolve, "\(host): \(failure)"))
            }
            entry.waiting.append(signal)
            return .success(nil)
        }
        return try result.get()
    }

    private func enqueue(_ host: String, _ state: inout State) {
        state.queue.append(host)
        if state.idleThreads < state.queue.count, state.threadCount < AddressCache.threadsMax {
            state.threadCount += 1
            // The threads, and so the cache, live as long as the process.
            let thread = try? LoopThread(name: "sidegate-dns") { self.serve() }
            if let thread { thread.detach() } else { state.threadCount -= 1 }
        }
        queued.signal()
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

    private func finish(_ host: String, _ result: Result<[SocketAddress], LookUpFailure>) {
        let waiting = state.withLock { state in
            var entry = state.entries[host] ?? Entry()
            entry.isLookingUp = false
            entry.resolvedAt = .now()
            switch result {
            case .success(let addresses):
                entry.addresses = addresses
                entry.failure = nil
            case .failure(let failure):
                entry.failure = failure.text
            }
            let waiting = entry.waiting
            entry.waiting = []
            state.entries[host] = entry
            return waiting
        }
        for signal in waiting { signal.send() }
    }

    struct LookUpFailure: Error {
        let text: String
    }

    private static func resolve(_ host: String) -> Result<[SocketAddress], LookUpFailure> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            return .failure(LookUpFailure(text: unsafe String(cString: gai_strerror(code))))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let info = unsafe next?.pointee {
            if let base = unsafe info.ai_addr {
                let bytes = unsafe UnsafeRawBufferPointer(start: base, count: Int(info.ai_addrlen))
                unsafe addresses.append(SocketAddress(bytes: bytes))
            }
            unsafe next = info.ai_next
        }
        return addresses.isEmpty
            ? .failure(LookUpFailure(text: "no address")) : .success(addresses)
    }
}

extension AddressCache {
    package var version: UInt64 { 0 }
    package func known(_ host: String, port: UInt16, now: Instant) -> KnownAddresses? { nil }
}
package struct KnownAddresses {
    package let addresses: [SocketAddress]
    package let resolvedAt: Instant
}
extension PlainTransport {
    package func closeIdle(origin: Origin, address: SocketAddress) {}
}
