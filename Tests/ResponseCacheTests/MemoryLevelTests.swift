import TestSupport
import Testing

@testable import ResponseCache

@Suite("Answers in memory")
struct MemoryLevelTests {
    @Test("are given until they expire, and then take no room")
    func expiry() {
        var level = MemoryLevel(bytesMax: 10_000)
        level.store(answer(expires: 2_000), under: key(1))
        #expect(level.find(key(1), at: 1_999, ageMaxMS: nil) != nil)
        #expect(level.find(key(1), at: 2_000, ageMaxMS: nil) == nil)
        #expect(level.count == 0)
        #expect(level.bytes == 0)
    }

    @Test("are not given to who wants younger ones, and stay for others")
    func age() {
        var level = MemoryLevel(bytesMax: 10_000)
        level.store(answer(created: 1_000), under: key(1))
        #expect(level.find(key(1), at: 1_500, ageMaxMS: 499) == nil)
        #expect(level.find(key(1), at: 1_500, ageMaxMS: 500) != nil)
        // A clock that is behind the one that stamped it.
        #expect(level.find(key(1), at: 500, ageMaxMS: 0) != nil)
    }

    @Test("take the memory that is counted, also where they grew piece by piece")
    func capacity() {
        var grown: [UInt8] = []
        grown.reserveCapacity(200_000)
        grown += Array(repeating: 7, count: 100_000)
        let kept = CachedAnswer(
            kind: .stream,
            contentType: "text/event-stream",
            publicModel: [],
            tokens: 0,
            createdMS: 0,
            expiresMS: 1,
            body: grown
        )
        #expect(kept.body == grown)
        #expect(kept.body.capacity < kept.body.count * 5 / 4)
    }

    @Test("go when there is no room, the one first that was not used for the longest time")
    func eviction() {
        let cost = answer().cost
        var level = MemoryLevel(bytesMax: cost * 3)
        for number in 1...3 { level.store(answer(), under: key(number)) }
        #expect(level.find(key(1), at: 1_000, ageMaxMS: nil) != nil)
        level.store(answer(), under: key(4))
        #expect(level.find(key(2), at: 1_000, ageMaxMS: nil) == nil)
        for number in [1, 3, 4] {
            #expect(level.find(key(number), at: 1_000, ageMaxMS: nil) != nil)
        }
        #expect(level.evictions == 1)
    }

    @Test("that are too large are not kept, and drive nothing out")
    func tooLarge() {
        var level = MemoryLevel(bytesMax: answer().cost)
        level.store(answer(), under: key(1))
        level.store(answer("{\"a\":1}"), under: key(2))
        #expect(level.find(key(1), at: 1_000, ageMaxMS: nil) != nil)
        #expect(level.find(key(2), at: 1_000, ageMaxMS: nil) == nil)
    }

    @Test("take the place of older ones under the same name")
    func replacement() {
        var level = MemoryLevel(bytesMax: 10_000)
        level.store(answer("{\"a\":1}"), under: key(1))
        level.store(answer("{\"a\":2}"), under: key(1))
        #expect(level.count == 1)
        #expect(level.find(key(1), at: 1_000, ageMaxMS: nil)?.body == Array("{\"a\":2}".utf8))
        level.removeAll()
        #expect(level.count == 0)
        #expect(level.bytes == 0)
    }

    @Test("never are more than may be, and never lose count, whatever happens")
    func random() {
        var random = SeededRandom.make()
        var level = MemoryLevel(bytesMax: answer().cost * 8)
        for _ in 0..<5_000 {
            let key = key(Int.random(in: 0..<20, using: &random))
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let body = String(repeating: "x", count: .random(in: 0..<900, using: &random))
                level.store(answer(body), under: key)
                #expect(level.find(key, at: 1_000, ageMaxMS: nil) != nil)
            case 1: level.remove(key)
            default: _ = level.find(key, at: 1_000, ageMaxMS: nil)
            }
            #expect(level.bytes <= answer().cost * 8)
            let found = (0..<20).compactMap {
                level.find(ResponseCacheTests.key($0), at: 1_000, ageMaxMS: nil)
            }
            #expect(found.count == level.count)
            #expect(found.reduce(0) { $0 + $1.cost } == level.bytes)
        }
    }
}
