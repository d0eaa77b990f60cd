import Redis
import RouteTable
import Testing

@testable import Proxy

@Suite("Where the cache's Redis is")
struct RedisSourceTests {
    private func source(_ settings: ParameterSet) throws -> RedisSettings? {
        var contents = TableContents()
        contents.settings = settings
        return try RedisSource(
            table: try Tables.snapshot(contents).table,
            values: ReferenceValues([]),
            environment: LoadedEnvironment(
                added: ["REDIS_HOST": "from-environment", "REDIS_PORT": "7"]
            )
        ).settings()
    }

    @Test("is in cache_params, else in router_settings, else in variables")
    func order() throws {
        let cache = ParameterValue.json([.literal(#"{"host":"c","port":"1","ttl":5}"#)])
        let router = ParameterValue.json([.literal(#"{"host":"r","port":2}"#)])
        let other = ParameterValue.json([.literal(#"{"ttl":5}"#)])
        #expect(try source([.cache: cache, .redis: router]) == RedisSettings(host: "c", port: 1))
        #expect(try source([.cache: other, .redis: router]) == RedisSettings(host: "r", port: 2))
        #expect(try source([.cache: other]) == RedisSettings(host: "from-environment", port: 7))
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
