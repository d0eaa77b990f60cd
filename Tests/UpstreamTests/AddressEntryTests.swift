import EventLoop
import Testing

@testable import Upstream

@Suite("AddressEntry")
struct AddressEntryTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    private func after(_ milliseconds: UInt64) -> Instant {
        start.advanced(milliseconds: milliseconds)
    }

    private func resolved() throws -> AddressEntry {
        var entry = AddressEntry()
        let address = try #require(SocketAddress(host: "10.0.0.1", port: 0))
        _ = entry.take(.success([address]), at: start)
        return entry
    }

    private func failed(after milliseconds: UInt64) throws -> AddressEntry {
        var entry = try resolved()
        let failure = SystemResolver.Failure(text: "down")
        _ = entry.take(.failure(failure), at: after(milliseconds))
        return entry
    }

    @Test(
        "is looked up when it is as old as the refresh time",
        arguments: [(0, false), (4_999, false), (5_000, true), (90_000, true)] as [(UInt64, Bool)]
    )
    func due(ageMS: UInt64, isDue: Bool) throws {
        var entry = try resolved()
        let first = entry.begin(after(ageMS), 5_000, nil)
        #expect(first == isDue)
        // Once, until the look-up has ended.
        let second = entry.begin(after(ageMS), 5_000, nil)
        #expect(!second)
        #expect(entry.isLookingUp == isDue)
    }

    @Test(
        "is looked up a second after a failure",
        arguments: [(999, false), (1_000, true)] as [(UInt64, Bool)]
    )
    func dueAfterFailure(ageMS: UInt64, isDue: Bool) throws {
        var entry = try failed(after: 0)
        let begins = entry.begin(after(ageMS), 5_000, nil)
        #expect(begins == isDue)
    }

    @Test(
        "is looked up when it is older than a caller wants, but not right after a failure",
        arguments: [
            (200, false, false), (201, false, true), (201, true, false), (1_201, true, true),
        ] as [(UInt64, Bool, Bool)]
    )
    func maxAge(ageMS: UInt64, hasFailed: Bool, begins: Bool) throws {
        var entry = try hasFailed ? failed(after: 201) : resolved()
        #expect(entry.isFresh(after(ageMS), maxAgeMS: 200) == !begins)
        let hasBegun = entry.begin(after(ageMS), 60_000, 200)
        #expect(hasBegun == begins)
    }

    @Test("sorts addresses, takes each one once, and tells whether the set is another one")
    func sets() throws {
        let hosts = ["10.0.0.9", "fd00::1", "10.0.0.10", "10.0.0.9"]
        let found = try hosts.map { try #require(SocketAddress(host: $0, port: 0)) }
        var entry = AddressEntry()
        let changes = [
            entry.take(.failure(SystemResolver.Failure(text: "down")), at: start),
            entry.take(.success(found), at: start),
            entry.take(.success(found.reversed()), at: after(1)),
        ]
        #expect(changes == [false, true, false])
        #expect(entry.addresses.map(\.host) == ["10.0.0.9", "10.0.0.10", "fd00::1"])
        #expect(entry.resolvedAt == after(1))
        let all = entry.addresses(port: 80)
        #expect(all.map(\.port) == [80, 80, 80])
        let isOther = entry.take(.success([found[0]]), at: after(2))
        let one = entry.addresses(port: 80)
        #expect(isOther && one.map(\.description) == ["10.0.0.9:80"])
    }
}
