import EventLoop
import Synchronization
import TestSupport
import Testing

@testable import Upstream

@Suite("AddressCache", .timeLimit(.minutes(1)))
struct AddressCacheTests {
    /// Looks a name up on a loop.
    private func look(_ cache: AddressCache, _ host: String) async throws -> Result<
        [String], UpstreamError
    > {
        let harness = try LoopHarness()
        return try await harness.run { loop in
            do throws(UpstreamError) {
                let deadline = loop.now.advanced(milliseconds: 10_000)
                let found = try await cache.addresses(of: host, port: 80, on: loop, until: deadline)
                return .success(found.map(\.description))
            } catch let error {
                return .failure(error)
            }
        }
    }

    @Test("numeric addresses and localhost are found")
    func found() async throws {
        let cache = try AddressCache(refreshMS: 1_000)
        #expect(try await look(cache, "10.1.2.3") == .success(["10.1.2.3:80"]))
        #expect(try await look(cache, "::1") == .success(["[::1]:80"]))
        #expect(try await look(cache, "localhost").get().contains("127.0.0.1:80"))
    }

    @Test("a name that nobody knows fails, and is not asked for again at once")
    func unknown() async throws {
        let asked = Mutex(0)
        let cache = try AddressCache(refreshMS: 60_000) { _ in
            asked.withLock { $0 += 1 }
            return .failure(AddressCache.LookUpFailure(text: "unknown"))
        }
        let start = Instant.now()
        for _ in 0..<2 {
            guard case .failure(let error) = try await look(cache, "nobody.invalid") else {
                Issue.record("it was found")
                return
            }
            #expect(error.kind == .resolve)
        }
        // A failure is kept for a second, which a busy machine may have used up.
        let isFresh = Instant.now().since(start) < 1_000_000_000
        #expect(asked.withLock { $0 } == 1 || !isFresh)
    }

    @Test("a failed refresh leaves the last good addresses in place")
    func keepsLastGood() async throws {
        let asked = Mutex(0)
        let cache = try AddressCache(refreshMS: 0) { _ in
            let number = asked.withLock { count in
                count += 1
                return count
            }
            guard number == 1, let good = SocketAddress(host: "10.0.0.1", port: 0) else {
                return .failure(AddressCache.LookUpFailure(text: "down"))
            }
            return .success([good])
        }
        for _ in 0..<5 {
            #expect(try await look(cache, "name.invalid") == .success(["10.0.0.1:80"]))
        }
    }
}
