import AWS
import EventLoop
import Synchronization
import TestSupport
import Testing

@testable import Proxy

@Suite struct CredentialStoreTests {
    private static func instance(_ number: Int) -> CredentialSource {
        .instance(InstanceMetadata(url: "http://127.0.0.1:\(number)"))
    }

    private static func role(on base: CredentialSource) -> CredentialSource {
        let endpoint = STSEndpoint(url: "https://sts.test", region: "eu-west-1")
        return .role(
            AssumedRole(roleARN: "arn:aws:iam::1:role/r", sessionName: "s", endpoint: endpoint),
            base: base
        )
    }

    private static func arrival(_ id: String, lifetime: Int = 3600) -> CredentialArrival {
        CredentialArrival(
            credential: AWSCredential(
                accessKeyID: id,
                secretAccessKey: "s",
                expiresAt: 1_000 + lifetime
            ),
            sentAt: .now(),
            wallSeconds: 1_000
        )
    }

    private func key(_ entry: CredentialEntry) -> String? {
        let now = Instant.now()
        guard case .use(let issued) = entry.answer(at: now, patience: now) else { return nil }
        return issued.value.accessKeyID
    }

    @Test func `what a table names is due at once, and a role's base with it`() {
        let store = CredentialStore()
        let base = Self.instance(1)
        store.adopt([Self.role(on: base), Self.instance(2)])
        let (due, next) = store.begin(at: .now())
        #expect(Set(due.map(\.source)) == [base, Self.role(on: base), Self.instance(2)])
        // All are under way: there is nothing to wait for but their ends.
        #expect(next == nil)
        #expect(store.begin(at: .now()).due.isEmpty)
    }

    @Test func `keys without an end need no fetch`() {
        let store = CredentialStore()
        let keys = CredentialSource.keys(AWSCredential(accessKeyID: "a", secretAccessKey: "s"))
        store.adopt([keys, Self.role(on: keys)])
        #expect(store.begin(at: .now()).due.map(\.source) == [Self.role(on: keys)])
    }

    @Test func `equal sources share what is fetched, over reloads, too`() {
        let store = CredentialStore()
        store.adopt([Self.instance(1)])
        let entry = store.entry(Self.instance(1))
        #expect(store.begin(at: .now()).due.map(ObjectIdentifier.init) == [ObjectIdentifier(entry)])
        _ = entry.finish(.success(Self.arrival("ASIA1")), at: .now())
        store.adopt([Self.instance(1), Self.instance(2)])
        #expect(store.entry(Self.instance(1)) === entry)
        #expect(store.begin(at: .now()).due.map(\.source) == [Self.instance(2)])
        #expect(key(store.entry(Self.instance(1))) == "ASIA1")
    }

    @Test func `what no table names any more is forgotten when nobody uses it`() {
        let store = CredentialStore()
        store.adopt([Self.instance(1)])
        let entry = store.entry(Self.instance(1))
        store.adopt([])
        let now = Instant.now()
        _ = entry.answer(at: now, patience: now)
        _ = store.begin(at: now.advanced(milliseconds: 59_000))
        #expect(store.entry(Self.instance(1)) === entry)
        _ = store.begin(at: now.advanced(milliseconds: 61_000))
        #expect(store.entry(Self.instance(1)) !== entry)
    }

    @Test func `sources that requests bring are bounded, the table's stay`() {
        let store = CredentialStore()
        store.adopt([Self.instance(0)])
        let named = store.entry(Self.instance(0))
        let first = store.entry(Self.instance(1))
        for number in 2...200 { _ = store.entry(Self.instance(number)) }
        #expect(store.entry(Self.instance(0)) === named)
        #expect(store.entry(Self.instance(1)) !== first)
        #expect(store.begin(at: .now()).due.count <= 65)
    }

    @Test func `what is wrong is told with its source, without secrets`() {
        let store = CredentialStore()
        let token = TokenOrigin.text("canary-token")
        let source = CredentialSource.container(
            ContainerEndpoint(url: "http://127.0.0.1/v1/credentials", authorization: token)
        )
        store.adopt([source])
        let entry = store.entry(source)
        #expect(entry.begin(at: .now()))
        #expect(store.failures.isEmpty)
        _ = entry.finish(.failure(CredentialFailure(.transient, "it is out")), at: .now())
        let text =
            "no credentials from container endpoint http://127.0.0.1/v1/credentials: it is out"
        #expect(store.failures == [text])
        #expect(store.outage(of: source) == text)
    }

    @Test func `a failure while there are good ones is no outage`() {
        let store = CredentialStore()
        store.adopt([Self.instance(1)])
        let entry = store.entry(Self.instance(1))
        _ = entry.finish(.success(Self.arrival("ASIA1")), at: .now())
        _ = entry.finish(.failure(CredentialFailure(.transient, "it is out")), at: .now())
        #expect(store.failures.count == 1)
        #expect(store.outage(of: Self.instance(1)) == nil)
    }

    @Test func `who waits on any loop is told, each on its own`() async throws {
        let store = CredentialStore()
        store.adopt([Self.instance(1)])
        let entry = store.entry(Self.instance(1))
        #expect(entry.begin(at: .now()))
        let harnesses = [try LoopHarness(), try LoopHarness()]
        let waiting = Counter()
        try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<20 {
                let harness = harnesses[number % 2]
                group.addTask { try await Self.wait(for: entry, on: harness, waiting) }
            }
            while waiting.value.load(ordering: .relaxed) < 20 { await Task.yield() }
            _ = entry.finish(.success(Self.arrival("ASIA1")), at: .now())
            for try await key in group { #expect(key == "ASIA1") }
        }
    }

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    private static func wait(
        for entry: CredentialEntry,
        on harness: LoopHarness,
        _ waiting: Counter
    ) async throws -> String? {
        try await harness.run { loop in
            let patience = loop.now.advanced(milliseconds: 60_000)
            let wait = CredentialWait(entry, patience: patience, loop)
            waiting.value.add(1, ordering: .relaxed)
            guard case .use(let issued) = await wait.run(), loop.isOnLoop else { return nil }
            return issued.value.accessKeyID
        }
    }

    @Test func `patience has an end`() async throws {
        let entry = CredentialEntry(Self.instance(1), at: .now())
        let isGivenUp = try await LoopHarness().run { loop in
            let patience = loop.now.advanced(milliseconds: 20)
            guard case .wait = await CredentialWait(entry, patience: patience, loop).run()
            else { return false }
            return Instant.now() >= patience
        }
        #expect(isGivenUp)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("localhost", true), ("::1", true),
        ("169.254.169.254", true), ("169.254.170.23", true), ("fd00:ec2::254", true),
        ("sts.eu-west-1.amazonaws.com", false), ("10.0.0.1", false), ("127.0.0.1.test", false),
        ("169.2540.1.1", false),
    ])
    func `what is local is never asked through a proxy`(host: String, isLocal: Bool) {
        #expect(LocalAddress.isLocal(host) == isLocal)
    }
}
