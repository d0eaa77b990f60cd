package import EventLoop
package import Logging
internal import POSIX
internal import RouteTable

/// Notices that the table, or a file that holds a credential, was replaced, and takes the new one
/// into service. Runs on the control thread; what it does there delays no request.
///
/// A folder is watched, not a file: a ConfigMap's update swaps a symbolic link beside it. Folders
/// of network file systems tell nothing, so everything is also looked at now and then.
package final class TableWatcher {
    private let loop: EventLoop
    private let loader: TableLoader
    private let store: TableStore
    private let log: Logger
    private var folders: FolderWatcher?
    /// The table's and the trusted keys' as last looked at, good or not.
    private var sources = SourceMarks()
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
        folders = try FolderWatcher(loop: loop) { [weak self] in self?.settleThenCheck() }
        remember(store.current)
        settle = DeadlineTimer(loop: loop) { [weak self] in self?.check() }
        patrol = DeadlineTimer(loop: loop) { [weak self] in self?.lookAround() }
        patrol?.set(loop.now.advanced(milliseconds: TableWatcher.patrolMS))
        // What changed between the first load and the first watch told nobody.
        settleThenCheck()
    }

    private func settleThenCheck() {
        settle?.set(loop.now.advanced(milliseconds: TableWatcher.settleMS))
    }

    /// Loads the file again, changed or not (SIGHUP).
    package func reload() {
        sources = loader.marks()
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
        if loader.marks() != sources {
            reload()
        } else if credentialMarks.contains(where: { FileMark($0.key) != $0.value }) {
            rotate()
        }
    }

    private func rotate() {
        let table = store.current.table
        do {
            let next = try loader.snapshot(
                of: table,
                sources: sources,
                serial: store.currentSerial + 1
            )
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
        store.noteFailure(error.description, isOfTrust: error.isOfTrust)
        log.error(
            "the new table is refused, the last good one stays in service",
            metadata: ["path": "\(loader.path)", "reason": "\(error)"]
        )
    }

    private func remember(_ snapshot: TableSnapshot) {
        sources = snapshot.sources
        sources.credentials = [:]
        credentialMarks = snapshot.sources.credentials
        folders?.watch(File.folder(of: loader.path))
        for path in loader.trustedKeyPaths { folders?.watch(File.folder(of: path)) }
        for path in credentialMarks.keys { folders?.watch(File.folder(of: path)) }
    }

    private func rememberCredentials(_ table: RouteTable) {
        credentialMarks.removeAll()
        for path in TableLoader.referencedFiles(table) {
            credentialMarks[path] = FileMark(path)
            folders?.watch(File.folder(of: path))
        }
    }
}
