import Cryptography
import EventLoop
import Glibc
import Logging
import RouteTable
import Testing

@testable import Proxy

@Suite("The watcher of tables")
struct TableWatcherTests {
    private let folder: TestFolder
    private let harness: ProxyHarness

    init() throws {
        folder = try TestFolder()
        harness = try ProxyHarness()
    }

    private func bytes(_ model: String) throws -> [UInt8] {
        try TableWriter.encode(.named(model))
    }

    /// Runs `change` under a watcher and waits for what comes of it.
    private func watch(
        trusting keys: [String] = [],
        until isDone: @escaping @Sendable (TableStore) -> Bool,
        change: @escaping @Sendable (TableWatcher) throws -> Void
    ) async throws -> TableStore {
        let loader = TableLoader(
            path: folder.file("routes.sgt"),
            mode: .sealedCopy,
            trustedKeyPaths: keys.map(folder.file)
        )
        return try await harness.run { loop in
            let store = TableStore(try loader.load(serial: 0))
            let watcher = try TableWatcher(
                loop: loop,
                loader: loader,
                store: store,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            try change(watcher)
            for _ in 0..<500 where !isDone(store) { await pause(loop, milliseconds: 10) }
            return withExtendedLifetime(watcher) { store }
        }
    }

    private func models(_ store: TableStore) -> [String] {
        let table = store.current.table
        return (0..<table.counts.models).map { table.string(table.model(at: $0).name) }
    }

    @Test("takes a file that was renamed over the old one")
    func renamed() async throws {
        try folder.write("routes.sgt", try bytes("old"))
        let next = try bytes("new")
        let store = try await watch(until: { $0.currentSerial == 1 }) { [folder] _ in
            try folder.replace("routes.sgt", next)
        }
        #expect(models(store) == ["new"])
        #expect(store.reloads.succeeded == 1)
        #expect(store.reloads.lastFailure == nil)
    }

    @Test("takes a ConfigMap's next version, whose link alone is swapped")
    func swapped() async throws {
        try folder.publish("..v1", "routes.sgt", try bytes("old"))
        let next = try bytes("new")
        let store = try await watch(until: { $0.currentSerial == 1 }) { [folder] _ in
            try folder.publish("..v2", "routes.sgt", next)
        }
        #expect(models(store) == ["new"])
    }

    @Test("takes a file that was written over in place")
    func overwritten() async throws {
        try folder.write("routes.sgt", try bytes("old"))
        let next = try bytes("newer")
        let store = try await watch(until: { $0.currentSerial == 1 }) { [folder] _ in
            try folder.write("routes.sgt", next)
        }
        #expect(models(store) == ["newer"])
    }

    @Test("keeps the last good table when the next one is none, and says why")
    func refused() async throws {
        try folder.write("routes.sgt", try bytes("old"))
        let store = try await watch(until: { $0.reloads.failed == 1 }) { [folder] _ in
            try folder.replace("routes.sgt", Array("no table".utf8))
        }
        #expect(models(store) == ["old"])
        #expect(store.currentSerial == 0)
        #expect(store.reloads.failed == 1)
        #expect(store.reloads.lastFailure?.isEmpty == false)
    }

    @Test("keeps the last good table when the file goes away")
    func removed() async throws {
        try folder.write("routes.sgt", try bytes("old"))
        let store = try await watch(until: { $0.reloads.failed > 0 }) { [folder] _ in
            try #require(unlink(folder.file("routes.sgt")) == 0)
        }
        #expect(models(store) == ["old"])
    }

    @Test("looks references up again when a credential's file changes")
    func rotated() async throws {
        try folder.write("key", "sk-old\n")
        var contents = TableContents.named("m")
        let reference = Reference(kind: .file, name: folder.file("key"), isSecret: true)
        contents.models[0].deployments[0].parameters = [.apiKey: .text(.reference(reference))]
        try folder.write("routes.sgt", try TableWriter.encode(contents))
        let store = try await watch(until: { $0.currentSerial == 1 }) { [folder] _ in
            try folder.replace("key", Array("sk-new\n".utf8))
        }
        #expect(store.current.values[0] == "sk-new")
    }

    @Test("loads the same file again when it is told to")
    func told() async throws {
        try folder.write("routes.sgt", try bytes("old"))
        let store = try await watch(until: { $0.currentSerial == 1 }) { $0.reload() }
        #expect(store.currentSerial == 1)
        #expect(models(store) == ["old"])
    }

    // MARK: Trusted keys

    /// The file of a model's table with a signature by a new key, and that key's PEM text.
    private func signed(_ model: String) throws -> (file: [UInt8], pem: [UInt8]) {
        let key = try Ed25519PrivateKey.generate()
        let pem = key.publicKey.pem ?? ""
        return (try RouteTable.signed(bytes(model), by: key), Array(pem.utf8))
    }

    @Test("keeps the last good table when the next one is signed by nobody or another")
    func untrusted() async throws {
        let (good, pem) = try signed("old")
        for next in [try bytes("new"), try signed("new").file] {
            try folder.write("trusted", pem)
            try folder.write("routes.sgt", good)
            let store = try await watch(
                trusting: ["trusted"],
                until: { $0.reloads.failed == 1 },
                change: { [folder] _ in try folder.replace("routes.sgt", next) }
            )
            #expect(models(store) == ["old"])
            #expect(store.reloads.untrusted == 1)
            #expect(store.reloads.lastFailure?.contains("signed") == true)
        }
    }

    @Test("counts a damaged table as damaged, not as untrusted")
    func damaged() async throws {
        let (good, pem) = try signed("old")
        try folder.write("trusted", pem)
        try folder.write("routes.sgt", good)
        let store = try await watch(
            trusting: ["trusted"],
            until: { $0.reloads.failed == 1 },
            change: { [folder] _ in try folder.replace("routes.sgt", Array("no table".utf8)) }
        )
        #expect(store.reloads.untrusted == 0)
    }

    @Test("takes what a key signed that was added to the trusted ones since")
    func rotatedKeys() async throws {
        let (old, oldKey) = try signed("old")
        let (new, newKey) = try signed("new")
        try folder.write("trusted", oldKey)
        try folder.write("routes.sgt", old)
        let store = try await watch(
            trusting: ["trusted"],
            until: { $0.currentSerial == 1 },
            change: { [folder] _ in
                try folder.replace("trusted", oldKey + newKey)
                try folder.replace("routes.sgt", new)
            }
        )
        #expect(models(store) == ["new"])
        #expect(store.reloads.untrusted == 0)
    }

    @Test("says so when the key of the table in service is trusted no longer, and goes on")
    func withdrawn() async throws {
        let (file, pem) = try signed("old")
        let other = try signed("other").pem
        try folder.write("trusted", pem)
        try folder.write("routes.sgt", file)
        let store = try await watch(
            trusting: ["trusted"],
            until: { $0.reloads.failed == 1 },
            change: { [folder] _ in try folder.replace("trusted", other) }
        )
        #expect(models(store) == ["old"])
        #expect(store.reloads.untrusted == 1)
    }

    @Test("takes no table while the trusted keys cannot be read", arguments: ["", "nonsense"])
    func unreadableKeys(text: String) async throws {
        let (file, pem) = try signed("old")
        try folder.write("trusted", pem)
        try folder.write("routes.sgt", file)
        let store = try await watch(
            trusting: ["trusted"],
            until: { $0.reloads.failed == 1 },
            change: { [folder] _ in try folder.replace("trusted", Array(text.utf8)) }
        )
        #expect(models(store) == ["old"])
        #expect(store.reloads.lastFailure?.contains(folder.file("trusted")) == true)
    }

    @Test("does nothing when another file of the folder changes")
    func others() async throws {
        try folder.write("routes.sgt", try bytes("old"))
        let end = Instant.now().advanced(milliseconds: 400)
        let store = try await watch(until: { _ in Instant.now() > end }) { [folder] _ in
            try folder.write("other.sgt", "x")
        }
        #expect(store.currentSerial == 0)
        #expect(store.reloads.failed == 0)
    }
}
