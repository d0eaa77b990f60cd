internal import CLinux
internal import Glibc

/// Says that something in one of some folders has changed (inotify(7)); what, is for the caller to
/// find out.
package final class FolderWatcher: ReadinessHandler {
    private let descriptor: CInt
    private let changed: () -> Void
    private var folders: Set<String> = []

    /// - Parameter changed: called on the loop, once for each bunch of changes.
    package init(loop: EventLoop, changed: @escaping () -> Void) throws(LoopError) {
        descriptor = inotify_init1(SG_INOTIFY_FLAGS)
        guard descriptor >= 0 else { throw LoopError(call: "inotify_init1") }
        self.changed = changed
        _ = try loop.register(descriptor, .readable, self)
    }

    deinit {
        close(descriptor)
    }

    /// Watches a folder from now on; one that is not there, or of a file system that tells nothing,
    /// is passed over.
    package func watch(_ folder: String) {
        guard !folders.contains(folder) else { return }
        let events = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_ATTRIB
        if unsafe inotify_add_watch(descriptor, folder, UInt32(events)) >= 0 {
            folders.insert(folder)
        }
    }

    /// Empties the queue and reports.
    package func handle(_ readiness: Readiness) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while unsafe read(descriptor, &buffer, buffer.count) > 0 {}
        changed()
    }
}
