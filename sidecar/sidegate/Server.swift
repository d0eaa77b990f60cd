internal import CLinux
internal import EventLoop
internal import Glibc
internal import Logging
internal import POSIX
internal import Proxy
internal import RouteTable
internal import Synchronization
internal import Upstream

/// Puts everything together, in the order in which it can fail, and runs it.
struct Server {
    private let arguments: Arguments
    private let diagnostics: LogWriter
    private let log: Logger

    init(_ arguments: Arguments) throws {
        self.arguments = arguments
        // Before the first thread, which inherits the mask.
        SignalWatcher.block()
        diagnostics = try LogWriter(descriptor: 2)
        log = DiagnosticsLog.make(level: arguments.logLevel, writer: diagnostics)
    }

    /// - Returns: whether it came to an orderly end; otherwise one line said why not.
    func run() -> Bool {
        defer { diagnostics.drain(milliseconds: 500) }
        do {
            try serve()
            return true
        } catch {
            diagnostics.write(Array("sidegate: \(error)\n".utf8))
            return false
        }
    }

    private func serve() throws {
        try CurlTransport.startUp()
        let loader = arguments.loader
        // The first table is the store's alone, so that its memory goes when another one comes.
        let store = TableStore(try load(loader))
        try checkExposure(store.current)
        let sockets = try arguments.listen.map { try ListeningSocket.bind($0) }
        let admin = try arguments.adminListen.map { try ListeningSocket.bind($0) }
        defer {
            for socket in sockets { socket.close() }
            admin?.close()
        }
        let shared = try ProxyShared(
            store: store,
            accessLog: try openAccessLog(),
            workers: arguments.workers,
            log: log
        )
        let control = try EventLoop()
        let running = WorkerCount(arguments.workers)
        var workers: [Worker] = []
        for number in 0..<arguments.workers {
            let worker = Worker(
                number: number,
                loop: try EventLoop(),
                shared: shared,
                tls: store.current.tlsSettings
            )
            workers.append(worker)
            let thread = try LoopThread(name: "sidegate-w\(number)") {
                worker.runLoop(sockets, admin: admin)
                if running.oneLess() == 0 { control.stop() }
            }
            thread.detach()
        }
        report(store.current, sockets, admin)
        let graceMS = UInt64(arguments.graceSeconds) * 1000
        let main = try ControlThread(
            loop: control,
            workers: workers,
            store: store,
            loader: loader,
            graceMS: graceMS,
            log: log
        )
        main.run()
        shared.accessLog?.drain(milliseconds: 1_000)
        log.notice("ended")
    }

    private func load(_ loader: TableLoader) throws -> TableSnapshot {
        do {
            return try loader.load(serial: 1)
        } catch {
            throw StartError(text: "\(loader.path): \(error)")
        }
    }

    /// Beyond loopback everybody on the network could call: not without a key, or without being
    /// told to.
    private func checkExposure(_ snapshot: TableSnapshot) throws {
        guard snapshot.isOpen, !arguments.allowsOpen,
            let exposed = arguments.listen.first(where: { !$0.isLoopback })
        else { return }
        throw StartError(
            text: "\(exposed) is reachable from outside this machine and the table has no key: "
                + "set general_settings.master_key, listen on 127.0.0.1, or say --allow-open"
        )
    }

    private func openAccessLog() throws -> LogWriter? {
        let failed: @Sendable (Errno) -> Void = { [log] error in
            log.error("the access log cannot be written", metadata: ["error": "\(error)"])
        }
        switch arguments.accessLog {
        case .off: return nil
        case .standardOutput: return try LogWriter(descriptor: 1, failed: failed)
        case .file(let path):
            let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
            let descriptor = unsafe sg_open(path, flags, 0o640)
            guard descriptor >= 0 else { throw LoopError(call: "open \(path)") }
            return try LogWriter(descriptor: descriptor, failed: failed)
        }
    }

    private func report(
        _ snapshot: TableSnapshot,
        _ sockets: [ListeningSocket],
        _ admin: ListeningSocket?
    ) {
        StartReport.warn(about: snapshot, log: log)
        StartReport.warnAboutOpenAccess(snapshot, log: log)
        StartReport.warnAboutTrust(snapshot, log: log)
        let listeners = sockets.map(\.address.description).joined(separator: ", ")
        log.notice(
            "ready",
            metadata: [
                "version": "\(BuildInfo.version)", "listen": "\(listeners)",
                "admin": "\(admin?.address.description ?? "none")",
                "generation": "\(snapshot.table.generation)",
                "digest": "\(snapshot.table.digestHex)",
                "models": "\(snapshot.table.counts.models)",
                "deployments": "\(snapshot.table.counts.deployments)",
            ]
        )
    }
}

/// Why the sidecar does not start, with what to do.
struct StartError: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}

/// Workers that still run.
final class WorkerCount: Sendable {
    private let count: Atomic<Int>

    init(_ count: Int) {
        self.count = Atomic(count)
    }

    func oneLess() -> Int {
        count.subtract(1, ordering: .acquiringAndReleasing).newValue
    }
}

extension Arguments {
    var loader: TableLoader {
        TableLoader(
            path: table,
            mode: mapsDirectly ? .direct : .sealedCopy,
            requiresCredentials: requiresCredentials,
            trustedKeyPaths: trustedKeys
        )
    }
}
