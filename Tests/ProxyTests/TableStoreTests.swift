import RouteTable
import Testing

@testable import Proxy

@Suite("The store of tables")
struct TableStoreTests {
    private func snapshot(_ serial: Int) throws -> TableSnapshot {
        try Tables.snapshot(.named("model-\(serial)"), serial: serial)
    }

    @Test("swaps a table in one step, and counts it")
    func swap() throws {
        let store = TableStore(try snapshot(0))
        let first = store.current
        #expect(store.currentSerial == 0)
        store.replace(with: try snapshot(1))
        #expect(store.currentSerial == 1)
        #expect(store.current.serial == 1)
        #expect(store.reloads.succeeded == 1)
        // A request that began with the first table still has it.
        #expect(first.table.string(first.table.model(at: 0).name) == "model-0")
    }

    @Test("remembers why a table was refused until the next good one")
    func failures() throws {
        let store = TableStore(try snapshot(0))
        store.noteFailure("one")
        store.noteFailure("two")
        #expect(store.reloads.failed == 2)
        #expect(store.reloads.lastFailure == "two")
        #expect(store.currentSerial == 0)
        store.replace(with: try snapshot(1))
        #expect(store.reloads.lastFailure == nil)
        #expect(store.reloads.failed == 2)
    }

    @Test("never shows a table with another one's serial to threads that read meanwhile")
    func threads() async throws {
        let snapshots = try (0...50).map { try snapshot($0) }
        let store = TableStore(snapshots[0])
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var last = 0
                    for _ in 0..<200 {
                        // The serial is told after the table: never ahead of it.
                        let serial = store.currentSerial
                        let current = store.current
                        let name = current.table.string(current.table.model(at: 0).name)
                        guard current.serial >= serial, serial >= last,
                            name == "model-\(current.serial)"
                        else { return false }
                        last = serial
                        await Task.yield()
                    }
                    return true
                }
            }
            for next in snapshots.dropFirst() {
                store.replace(with: next)
                await Task.yield()
            }
            for await isConsistent in group { #expect(isConsistent) }
        }
    }
}
