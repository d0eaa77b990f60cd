internal import Synchronization

/// The snapshot in service, swapped in one step. Shared by all threads.
package final class TableStore: Sendable {
    private let snapshot: Mutex<TableSnapshot>
    private let serial: Atomic<Int>
    private let counts = Mutex(ReloadCounts())
    private let adopters = Mutex<[@Sendable (TableSnapshot) -> Void]>([])
    private let drainingFlag = Atomic<Bool>(false)

    /// How reloads went since the start.
    package struct ReloadCounts: Sendable {
        package var succeeded = 0
        package var failed = 0
        /// Of those that failed, the ones that no trusted key had signed.
        package var untrusted = 0
        /// What was wrong with the last one; nil when it was good.
        package var lastFailure: String?
    }

    package init(_ first: TableSnapshot) {
        snapshot = Mutex(first)
        serial = Atomic(first.serial)
    }

    package var current: TableSnapshot { snapshot.withLock { $0 } }

    /// `TableSnapshot.serial` of the one in service: a cheap question before each request.
    package var currentSerial: Int { serial.load(ordering: .acquiring) }

    /// Puts another snapshot into service; requests under way keep theirs.
    package func replace(with next: TableSnapshot) {
        snapshot.withLock { $0 = next }
        serial.store(next.serial, ordering: .releasing)
        counts.withLock {
            $0.succeeded += 1
            $0.lastFailure = nil
        }
        for adopt in adopters.withLock({ $0 }) { adopt(next) }
    }

    /// Has `body` told of the snapshot in service now, and of each one after it, on whatever thread
    /// puts it there.
    func onAdoption(_ body: @escaping @Sendable (TableSnapshot) -> Void) {
        adopters.withLock { $0.append(body) }
        body(current)
    }

    /// Notes a reload that failed, for readiness and metrics.
    ///
    /// - Parameter isOfTrust: whether it was for its signature.
    package func noteFailure(_ text: String, isOfTrust: Bool = false) {
        counts.withLock {
            $0.failed += 1
            if isOfTrust { $0.untrusted += 1 }
            $0.lastFailure = text
        }
    }

    package var reloads: ReloadCounts { counts.withLock { $0 } }

    /// Set once, when the process begins to end: readiness says so.
    package var isDraining: Bool {
        get { drainingFlag.load(ordering: .relaxed) }
        set { drainingFlag.store(newValue, ordering: .relaxed) }
    }
}
