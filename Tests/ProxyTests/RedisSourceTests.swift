import Redis
import RouteTable
import Testing

@testable import Proxy

@Suite("Where Redis is")
struct RedisSourceTests {
    private func redisSource(_ settings: ParameterSet) throws -> RedisSource {
        var contents = TableContents()
        contents.settings = settings
        return RedisSource(
            table: try Tables.snapshot(contents).table,
            values: ReferenceValues([]),
            environment: LoadedEnvironment(
                added: ["REDIS_HOST": "from-environment", "REDIS_PORT": "7"]
            )
        )
    }

    private func source(_ settings: ParameterSet) throws -> RedisSettings? {
        try redisSource(settings).settings()
    }

    @Test("is, for the cache, in cache_params, else in router_settings, else in variables")
    func order() throws {
        let cache = ParameterValue.json([.literal(#"{"host":"c","port":"1","ttl":5}"#)])
        let router = ParameterValue.json([.literal(#"{"host":"r","port":2}"#)])
        let other = ParameterValue.json([.literal(#"{"ttl":5}"#)])
        #expect(try source([.cache: cache, .redis: router]) == RedisSettings(host: "c", port: 1))
        #expect(try source([.cache: other, .redis: router]) == RedisSettings(host: "r", port: 2))
        #expect(try source([.cache: other]) == RedisSettings(host: "from-environment", port: 7))
    }

    @Test("is, for the fleet, in coordination_redis, the router's settings, a shared cache's")
    func coordination() throws {
        func place(_ host: String) -> ParameterValue {
            .json([.literal(#"{"host":"\#(host)"}"#)])
        }
        var settings: ParameterSet = [
            .coordinationRedis: place("o"), .redis: place("r"), .cache: place("c"),
            .cacheEnabled: .bool(true),
        ]
        func host(isWanted: Bool = false) throws -> RedisSettings? {
            try redisSource(settings).coordination(isWanted: isWanted)
        }
        #expect(try host() == RedisSettings(host: "o"))
        settings[.coordinationRedis] = nil
        #expect(try host() == RedisSettings(host: "r"))
        settings[.redis] = nil
        #expect(try host() == RedisSettings(host: "c"))
        settings[.cacheType] = .text(.literal("local"))
        #expect(try host() == nil)
        // A server that only a variable names is for those who ask.
        #expect(try host(isWanted: true) == RedisSettings(host: "from-environment", port: 7))
    }

    @Test("is nowhere when what says it cannot be read")
    func wrong() {
        let port = ParameterValue.json([.literal(#"{"host":"c","port":"x"}"#)])
        #expect(throws: RedisSettingsError.self) { _ = try source([.cache: port]) }
        let reference = Reference(kind: .environment, name: "GONE", isSecret: true)
        let missing = ParameterValue.json([
            .literal(#"{"host":"c","password":"#), .reference(reference), .literal("}"),
        ])
        #expect(throws: RedisSettingsError.self) { _ = try source([.cache: missing]) }
    }
}
