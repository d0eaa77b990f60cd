internal import EventLoop
internal import Logging
internal import Redis
internal import Synchronization

/// What operators are told of Redis: one line for each change, however many workers have noticed
/// it, and none a request.
final class RedisJournal: Sendable {
    private let log: Logger
    private let servers = Mutex<[RedisSettings: ServerReport]>([:])
    private let refusals = Mutex<[RedisUse: RefusalWatch]>([:])
    /// Whether there is anything that could be over: mostly not, and then nobody locks.
    private let isAnythingRefused = Atomic<Bool>(false)
    private let workers = Atomic<Int>(0)

    init(log: Logger) {
        self.log = log
    }

    /// - Returns: what tells one worker from the others.
    func join() -> Int { workers.add(1, ordering: .relaxed).newValue }

    /// A worker's client has something to tell.
    func note(_ event: RedisEvent, of settings: RedisSettings, worker: Int) {
        let line = servers.withLock { servers in
            servers[settings, default: ServerReport()].take(event, worker: worker)
        }
        if let line { log.warning("\(line)") }
    }

    /// A worker uses a server no more.
    func forget(_ settings: RedisSettings, worker: Int) {
        servers.withLock { servers in
            servers[settings]?.forget(worker: worker)
            if servers[settings]?.isUnused == true { servers[settings] = nil }
        }
    }

    // MARK: - Refusals

    /// Notes how a command went: a server can be up and refuse what is needed.
    /// - Parameter name: of the command or script.
    func note(_ outcome: Result<RedisReply, RedisError>, _ use: RedisUse, _ name: String) {
        switch outcome {
        case .success:
            guard isAnythingRefused.load(ordering: .relaxed) else { return }
            let isOver = change(use) { $0.took(name, at: .now()) }
            if isOver { log.warning("Redis takes what \(use.name) again") }
        case .failure(.server(let error)) where error.isRefusal:
            let isNew = change(use) { $0.refused(name, at: .now()) }
            guard isNew else { return }
            log.warning("Redis refuses what \(use.name): \(error.brief): \(use.consequence)")
        case .failure: break
        }
    }

    private func change(_ use: RedisUse, _ body: (inout RefusalWatch) -> Bool) -> Bool {
        refusals.withLock { refusals in
            let isNews = body(&refusals[use, default: RefusalWatch()])
            let isAny = refusals.values.contains { $0.isActive }
            isAnythingRefused.store(isAny, ordering: .relaxed)
            return isNews
        }
    }
}

/// What Redis is used for, as operators are told.
enum RedisUse: Hashable, Sendable {
    case limits
    case cache

    fileprivate var name: String {
        switch self {
        case .limits: "limits need"
        case .cache: "the cache needs"
        }
    }

    fileprivate var consequence: String {
        switch self {
        case .limits: "they hold as they do without Redis"
        case .cache: "answers may be in this process' memory only"
        }
    }
}

extension ServerError {
    /// Whether it is about the command, and not about a script, a slot or a server that is
    /// elsewhere: those are mended by the client, or told of as its state.
    fileprivate var isRefusal: Bool {
        switch code {
        case "NOSCRIPT", "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN": false
        case "LOADING", "READONLY", "MASTERDOWN", "NOAUTH": false
        default: true
        }
    }

    /// Without the place in the script, and without a full stop.
    fileprivate var brief: String {
        let all = "\(self)"
        let end = all.firstRange(of: " script: ")?.lowerBound ?? all.endIndex
        let text = all[..<end]
        return String(text.last == "." ? text.dropLast() : text)
    }
}
