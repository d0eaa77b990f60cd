package import EventLoop
package import Logging

/// The main thread's part: signals, reloads and the orderly end. The workers run beside it.
package final class ControlThread {
    private let loop: EventLoop
    private let workers: [Worker]
    private let store: TableStore
    private let graceMS: UInt64
    private let log: Logger
    private var watcher: TableWatcher?
    private var signals: SignalWatcher?
    private var grace: DeadlineTimer?
    private var isEnding = false
    private var isCut = false

    /// For error events and answers to reach their clients.
    private static let cutMS: UInt64 = 2_000

    package init(
        loop: EventLoop,
        workers: [Worker],
        store: TableStore,
        loader: TableLoader,
        graceMS: UInt64,
        log: Logger
    ) throws(LoopError) {
        self.loop = loop
        self.workers = workers
        self.store = store
        self.graceMS = graceMS
        self.log = log
        watcher = try TableWatcher(loop: loop, loader: loader, store: store, log: log)
        signals = try SignalWatcher(loop: loop) { [weak self] signal in
            switch signal {
            case .terminate: self?.end()
            case .reload: self?.watcher?.reload()
            }
        }
        grace = DeadlineTimer(loop: loop) { [weak self] in self?.graceIsOver() }
    }

    /// Runs until the loop is stopped, which the last worker does when it ends.
    package func run() {
        loop.run()
    }

    /// The first signal drains, the second one cuts.
    private func end() {
        if isEnding { return graceIsOver() }
        isEnding = true
        store.isDraining = true
        log.notice("draining", metadata: ["grace_seconds": "\(graceMS / 1000)"])
        each { $0.drain() }
        grace?.set(loop.now.advanced(milliseconds: graceMS))
    }

    private func graceIsOver() {
        if isCut {
            // A client that takes nothing holds its worker no longer.
            for worker in workers { worker.loop.stop() }
            return
        }
        isCut = true
        log.notice("the grace period is over: open requests are cut")
        each { $0.cut() }
        grace?.set(loop.now.advanced(milliseconds: ControlThread.cutMS))
    }

    private func each(_ body: @escaping @Sendable (isolated Worker) -> Void) {
        for worker in workers {
            worker.loop.execute { worker.assumeIsolated(body) }
        }
    }
}
