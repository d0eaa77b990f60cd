import Testing

@testable import Redis

@Suite("Slots of a cluster")
struct SlotTests {
    @Test(
        "are those of the specification",
        arguments: [
            ("123456789", 0x31C3), ("", 0), ("foo", 12_182), ("{user1000}.following", 3_443),
            ("{user1000}.followers", 3_443), ("foo{}{bar}", 8_363), ("foo{{bar}}zap", 4_015),
            ("foo{bar}{zap}", 5_061), ("{foo", 13_308),
        ]
    )
    func keys(_ key: String, _ slot: Int) {
        #expect(KeySlot.of(key) == slot)
    }

    @Test("hash the tag, an empty one not")
    func tags() {
        #expect(KeySlot.of("foo{bar}{zap}") == KeySlot.of("bar"))
        #expect(KeySlot.of("foo{{bar}}zap") == KeySlot.of("{bar"))
        #expect(KeySlot.of("foo{}{bar}") != KeySlot.of("bar"))
        #expect(KeySlot.of("sg:1:{sg:a}:x") == KeySlot.of("sg:1:{sg:a}:y"))
    }

    private let asked = RedisEndpoint.tcp(host: "10.0.0.9", port: 7_000)

    private func range(_ first: Int, _ last: Int, _ host: RedisReply, _ port: Int) -> RedisReply {
        let master: RedisReply = .array([host, .integer(port), .string([0x61]), .array([])])
        let replica: RedisReply = .array([host, .integer(port + 1), .string([0x62]), .array([])])
        return .array([.integer(first), .integer(last), master, replica])
    }

    private func text(_ text: String) -> RedisReply { .string(Array(text.utf8)) }

    @Test("are read from CLUSTER SLOTS")
    func map() throws {
        let reply: RedisReply = .array([
            range(0, 99, text("10.0.0.1"), 7_001), range(100, 16_000, text(""), 7_002),
            range(16_001, 16_100, .null, 7_003), range(16_101, 16_200, text("?"), 7_004),
            range(16_201, 16_300, text("10.0.0.1"), 7_001),
        ])
        let map = try #require(SlotMap(reply, asked: asked))
        #expect(map.master(of: 0) == .tcp(host: "10.0.0.1", port: 7_001))
        #expect(map.master(of: 99) == map.master(of: 16_300))
        #expect(map.master(of: 100) == .tcp(host: "10.0.0.9", port: 7_002))
        #expect(map.master(of: 16_001) == .tcp(host: "10.0.0.9", port: 7_003))
        #expect(map.master(of: 16_150) == nil && map.master(of: 16_383) == nil)
        #expect(map.orphanCount == 100 + 83)
        #expect(map.masters.count == 3)
        var moved = map
        moved.move(16_383, to: asked)
        #expect(moved.master(of: 16_383) == asked)
        #expect(moved.orphanCount == map.orphanCount - 1)
    }

    @Test("are not read from anything else")
    func noMap() {
        let host = text("h")
        let replies: [RedisReply] = [
            .null, text("OK"), .array([.null]), .array([.array([.integer(0)])]),
            .array([range(-1, 5, host, 1)]), .array([range(5, 4, host, 1)]),
            .array([range(0, 16_384, host, 1)]), .array([range(0, 1, host, 65_536)]),
            .array([.array([.integer(0), .integer(1), .array([host])])]),
        ]
        for reply in replies { #expect(SlotMap(reply, asked: asked) == nil) }
    }

    @Test("are told of by redirections")
    func redirects() {
        let cases: [(String, Redirect?)] = [
            (
                "MOVED 3999 127.0.0.1:6381",
                .moved(slot: 3_999, to: .tcp(host: "127.0.0.1", port: 6_381))
            ),
            ("MOVED 3999 :6381", .moved(slot: 3_999, to: .tcp(host: "10.0.0.9", port: 6_381))),
            ("ASK 0 ::1:6381", .ask(.tcp(host: "::1", port: 6_381))),
            ("ASK 16383 redis-0.redis:6381", .ask(.tcp(host: "redis-0.redis", port: 6_381))),
            ("TRYAGAIN Multiple keys request during rehashing of slot", .tryAgain),
            ("CLUSTERDOWN Hash slot not served", .clusterDown),
            ("MOVED 16384 h:1", nil), ("MOVED -1 h:1", nil), ("MOVED 1", nil), ("MOVED", nil),
            ("MOVED 1 h", nil), ("MOVED 1 h:x", nil), ("MOVED 1 h:65536", nil), ("ERR x", nil),
        ]
        for (line, wanted) in cases {
            #expect(Redirect(ServerError(line: Array(line.utf8)), from: asked) == wanted, "\(line)")
        }
    }
}
