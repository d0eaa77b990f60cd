internal import CLinux
package import EventLoop
internal import Glibc
package import Logging
internal import POSIX
internal import RouteTable

/// Notices that the table, or a file that holds a credential, was replaced, and takes the new one
/// into service. Runs on the control thread; what it does there delays no request.
///
/// A folder is watched, not a file: a ConfigMap's update swaps a symbolic link beside it. Folders of
/// network file systems tell nothing, so everything is also looked at now and then.
package final class TableWatcher: ReadinessHandler {
    private let loop: EventLoop
    private let loader: TableLoader
    private let store: TableStore
    private let log: Logger
    private let descriptor: CInt
    private var registration: Registration?
    private var folders: Set<String> = []
    private var tableMark: FileMark?
    private var credentialMarks: [String: FileMark?] = [:]
    private var settle: DeadlineTimer?
    private var patrol: DeadlineTimer?

    /// Writers need a moment to finish; a ConfigMap's swap is several events.
    private static let settleMS: UInt64 = 100
    private static let patrolMS: UInt64 = 10_000

    package init(
        loop: EventLoop,
        loader: TableLoader,
        store: TableStore,
        log: Logger
    ) throws(LoopError) {
        self.loop = loop
        self.loader = loader
        self.store = store
        self.log = log
        descriptor = inotify_init1(SG_INOTIFY_FLAGS)
        guard descriptor >= 0 else { throw LoopError(call: "inotify_init1") }
        registration = try loop.register(descriptor, .readable, self)
        remember(store.current)
        settle = DeadlineTimer(loop: loop) { [weak self] in self?.check() }
        patrol = DeadlineTimer(loop: loop) { [weak self] in self?.lookAround() }
        patrol?.set(loop.now.advanced(milliseconds: TableWatcher.patrolMS))
    }

    deinit {
        close(descriptor)
    }

    package func handle(_ readiness: Readiness) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while unsafe read(descriptor, &buffer, buffer.count) > 0 {}
        settle?.set(loop.now.advanced(milliseconds: TableWatcher.settleMS))
    }

    /// Loads the file again, changed or not (SIGHUP).
    package func reload() {
        tableMark = FileMark(loader.path)
        do {
            take(try loader.load(serial: store.currentSerial + 1), "table reloaded")
        } catch {
            refuse(error)
        }
    }

    private func lookAround() {
        check()
        patrol?.set(loop.now.advanced(milliseconds: TableWatcher.patrolMS))
    }

    private func check() {
        if FileMark(loader.path) != tableMark {
            reload()
        } else if credentialMarks.contains(where: { FileMark($0.key) != $0.value }) {
            rotate()
        }
    }

    private func rotate() {
        let table = store.current.table
        do {
            let next = try loader.snapshot(of: table, serial: store.currentSerial + 1)
            take(next, "credentials reloaded")
        } catch {
            rememberCredentials(table)
            refuse(error)
        }
    }

    private func take(_ next: TableSnapshot, _ message: String) {
        store.replace(with: next)
        remember(next)
        log.notice(
            "\(message)",
            metadata: [
                "generation": "\(next.table.generation)", "digest": "\(next.table.digestHex)",
                "deployments": "\(next.table.counts.deployments)",
            ]
        )
        StartReport.warn(about: next, log: log)
    }

    private func refuse(_ error: TableLoadError) {
        store.noteFailure(error.description)
        log.error(
            "the new table is refused, the last good one stays in service",
            metadata: ["path": "\(loader.path)", "reason": "\(error)"]
        )
    }

    private func remember(_ snapshot: TableSnapshot) {
        tableMark = FileMark(loader.path)
        watch(File.folder(of: loader.path))
        rememberCredentials(snapshot.table)
    }

    private func rememberCredentials(_ table: RouteTable) {
        credentialMarks.removeAll()
        for path in TableLoader.referencedFiles(table) {
            credentialMarks[path] = FileMark(path)
            watch(File.folder(of: path))
        }
    }

    private func watch(_ folder: String) {
        guard folders.insert(folder).inserted else { return }
        let events = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_ATTRIB
        if unsafe inotify_add_watch(descriptor, folder, UInt32(events)) < 0 {
            folders.remove(folder)
        }
    }
}

/// What tells one version of a file from another, symbolic links followed.
private struct FileMark: Hashable {
    let device: UInt64
    let inode: UInt64
    let size: Int64
    let seconds: Int
    let nanoseconds: Int

    /// Nil when there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}
