import EventLoop
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Upstream

/// A name whose addresses a test sets; look-ups can be held up.
final class FakeNames: Sendable {
    private struct State {
        var addresses: [SocketAddress] = []
        var fails = false
        var isFailureOwn = false
        var asked = 0
        var isHeld = false
    }

    private let state = Mutex(State())

    /// Look-ups that have begun.
    var asked: Int { state.withLock { $0.asked } }

    /// From now on the name has these addresses.
    func set(_ hosts: String...) {
        let addresses = hosts.compactMap { SocketAddress(host: $0, port: 0) }
        state.withLock {
            $0.addresses = addresses
            $0.fails = false
        }
    }

    /// From now on look-ups fail.
    /// - Parameter isOwn: for want of descriptors.
    func fail(isOwn: Bool = false) {
        state.withLock {
            $0.fails = true
            $0.isFailureOwn = isOwn
        }
    }

    /// Holds look-ups up until `release`.
    func hold() { state.withLock { $0.isHeld = true } }
    func release() { state.withLock { $0.isHeld = false } }

    func resolve(_ host: String) -> Result<[SocketAddress], SystemResolver.Failure> {
        state.withLock { $0.asked += 1 }
        while state.withLock({ $0.isHeld }) { usleep(1_000) }
        return state.withLock { state in
            guard state.fails else { return .success(state.addresses) }
            return .failure(SystemResolver.Failure(text: "down", isOwn: state.isFailureOwn))
        }
    }

    func cache(refreshMS: UInt64) throws -> AddressCache {
        try AddressCache(refreshMS: refreshMS) { self.resolve($0) }
    }
}

@Suite("AddressCache", .timeLimit(.minutes(1)))
struct AddressCacheTests {
    let names = FakeNames()

    /// Looks a name up on a loop.
    private func look(
        _ cache: AddressCache,
        _ host: String = "name.test",
        port: UInt16 = 80,
        withinMS: UInt64 = 10_000,
        maxAgeMS: UInt64? = nil
    ) async throws -> Result<[String], UpstreamError> {
        let harness = try LoopHarness()
        return try await harness.run { loop in
            do throws(UpstreamError) {
                let found = try await cache.addresses(
                    of: host,
                    port: port,
                    on: loop,
                    until: .now().advanced(milliseconds: withinMS),
                    maxAgeMS: maxAgeMS
                )
                return .success(found.map(\.description))
            } catch let error {
                return .failure(error)
            }
        }
    }

    /// What is known, once that meets the condition.
    private func known(
        _ cache: AddressCache,
        _ host: String = "name.test",
        until condition: (KnownAddresses) -> Bool
    ) async throws -> KnownAddresses {
        for _ in 0..<5_000 {
            if let known = cache.known(host, port: 80, now: .now()), condition(known) {
                return known
            }
            await onThread { _ = usleep(1_000) }
        }
        throw FixtureError("it did not become known")
    }

    @Test("numeric addresses and localhost are found, the numeric ones without a look-up")
    func found() async throws {
        let cache = try AddressCache(refreshMS: 1_000)
        #expect(try await look(cache, "localhost").get().contains("127.0.0.1:80"))
        let fake = try names.cache(refreshMS: 1_000)
        let before = fake.version
        #expect(try await look(fake, "10.1.2.3", maxAgeMS: 0) == .success(["10.1.2.3:80"]))
        #expect(try await look(fake, "::1") == .success(["[::1]:80"]))
        let known = try #require(fake.known("10.1.2.3", port: 8000, now: .now()))
        #expect(known.addresses.map(\.description) == ["10.1.2.3:8000"])
        #expect(known.failure == nil && known.resolvedAt != nil)
        #expect(names.asked == 0)
        #expect(fake.version == before)
    }

    @Test(
        "a name that nobody knows, or can ask for, fails and is not asked for again at once",
        arguments: [(false, .resolve), (true, .noDescriptor)] as [(Bool, UpstreamError.Kind)]
    )
    func unknown(isOwn: Bool, kind: UpstreamError.Kind) async throws {
        names.fail(isOwn: isOwn)
        let cache = try names.cache(refreshMS: 60_000)
        let start = Instant.now()
        for _ in 0..<2 {
            guard case .failure(let error) = try await look(cache) else {
                Issue.record("it was found")
                return
            }
            #expect(error.kind == kind)
        }
        // A failure is kept for a second, which a busy machine may have used up.
        let isFresh = Instant.now().since(start) < 1_000_000_000
        #expect(names.asked == 1 || !isFresh)
        let known = try #require(cache.known("name.test", port: 80, now: .now()))
        #expect(known == KnownAddresses(addresses: [], resolvedAt: nil, failure: "down"))
        #expect(cache.version == 0)
    }

    @Test("a failed refresh leaves the last good addresses in place, and says why it failed")
    func keepsLastGood() async throws {
        names.set("10.0.0.1")
        let cache = try names.cache(refreshMS: 0)
        #expect(try await look(cache) == .success(["10.0.0.1:80"]))
        names.fail()
        let known = try await known(cache) { $0.failure != nil }
        #expect(known.addresses.map(\.description) == ["10.0.0.1:80"])
        #expect(known.failure == "down")
        #expect(try await look(cache) == .success(["10.0.0.1:80"]))
        #expect(try await look(cache, maxAgeMS: 0) == .success(["10.0.0.1:80"]))
        #expect(cache.version == 1)
    }

    @Test("the version grows with each other set of addresses, and with nothing else")
    func version() async throws {
        names.set("10.0.0.2", "10.0.0.1")
        let cache = try names.cache(refreshMS: 0)
        let both = ["10.0.0.1:80", "10.0.0.2:80"]
        let first = try await known(cache) { !$0.addresses.isEmpty }
        #expect(first.addresses.map(\.description) == both)
        #expect(cache.version == 1)
        // The same ones in another order, and twice.
        names.set("10.0.0.1", "10.0.0.2", "10.0.0.1")
        let asked = names.asked
        let again = try await known(cache) { _ in names.asked > asked + 1 }
        #expect(again.addresses.map(\.description) == both)
        #expect(cache.version == 1)
        names.set("10.0.0.1", "10.0.0.2", "10.0.0.3")
        _ = try await known(cache) { $0.addresses.count == 3 }
        #expect(cache.version == 2)
        names.set("10.0.0.3")
        _ = try await known(cache) { $0.addresses.count == 1 }
        #expect(cache.version == 3)
        _ = try await known(cache, "other.test") { !$0.addresses.isEmpty }
        #expect(cache.version == 4)
    }

    @Test("what is known is told without waiting, and learnt meanwhile")
    func knownDoesNotWait() async throws {
        names.set("10.0.0.1")
        names.hold()
        let cache = try names.cache(refreshMS: 60_000)
        #expect(cache.known("name.test", port: 80, now: .now()) == nil)
        #expect(cache.known("name.test", port: 80, now: .now()) == nil)
        names.release()
        let first = try await known(cache) { _ in true }
        #expect(first.addresses.map(\.description) == ["10.0.0.1:80"])
        #expect(names.asked == 1)
        // When it is older than it may be, it is told all the same, and asked for again.
        names.set("10.0.0.2")
        names.hold()
        let later = try #require(first.resolvedAt).advanced(milliseconds: 60_000)
        #expect(cache.known("name.test", port: 80, now: later) == first)
        names.release()
        let second = try await known(cache) { $0.addresses != first.addresses }
        #expect(second.addresses.map(\.description) == ["10.0.0.2:80"])
        #expect(names.asked == 2)
    }

    @Test("addresses that are too old for the caller are waited for")
    func maxAge() async throws {
        names.set("10.0.0.1")
        let cache = try names.cache(refreshMS: 60_000)
        #expect(try await look(cache) == .success(["10.0.0.1:80"]))
        names.set("10.0.0.2")
        // Young enough: the old answer, and nobody is asked.
        #expect(try await look(cache) == .success(["10.0.0.1:80"]))
        #expect(try await look(cache, maxAgeMS: 60_000) == .success(["10.0.0.1:80"]))
        #expect(names.asked == 1)
        #expect(try await look(cache, maxAgeMS: 0) == .success(["10.0.0.2:80"]))
        #expect(names.asked == 2)
    }

    @Test("at the deadline the old addresses must do; without any it is a time-out")
    func maxAgeDeadline() async throws {
        names.set("10.0.0.1")
        let cache = try names.cache(refreshMS: 60_000)
        #expect(try await look(cache) == .success(["10.0.0.1:80"]))
        names.hold()
        defer { names.release() }
        let old = try await look(cache, withinMS: 50, maxAgeMS: 0)
        #expect(old == .success(["10.0.0.1:80"]))
        let none = try await look(cache, "other.test", withinMS: 50)
        guard case .failure(let error) = none else {
            Issue.record("it was found")
            return
        }
        #expect(error.kind == .connectTimeout)
    }

    @Test("each port that is asked for gets the same addresses")
    func ports() async throws {
        names.set("10.0.0.1", "fd00::1")
        let cache = try names.cache(refreshMS: 60_000)
        for port: UInt16 in [80, 8000, 80] {
            let found = try await look(cache, port: port)
            #expect(found == .success(["10.0.0.1:\(port)", "[fd00::1]:\(port)"]))
        }
        #expect(names.asked == 1)
    }

    @Test("of too many names, those that were asked for last stay")
    func bound() async throws {
        names.set("10.0.0.1")
        let cache = try names.cache(refreshMS: 60_000)
        _ = try await known(cache, "used.test") { _ in true }
        for number in 0..<4_000 { _ = cache.known("name-\(number).test", port: 80, now: .now()) }
        // Look-ups under way keep their places, so all but the last few must be over before it is
        // too many.
        for number in 3_990..<4_000 {
            _ = try await known(cache, "name-\(number).test") { _ in true }
        }
        for number in 4_000..<4_200 {
            _ = cache.known("name-\(number).test", port: 80, now: .now())
            #expect(cache.known("used.test", port: 80, now: .now()) != nil)
        }
        #expect(cache.count < 3_000)
        #expect(cache.known("used.test", port: 80, now: .now()) != nil)
    }
}
