import Redis
import RouteTable
import Testing

@testable import Proxy

@Suite("Where Redis is")
struct RedisSourceTests {
    @Test(
        "is read from a URL",
        arguments: [
            ("redis://h", RedisSettings(host: "h")),
            ("REDIS://h:7000/3", .with("h", 7000) { $0.database = 3 }),
            ("redis://:p%40ss@h", .with("h") { $0.password = "p@ss" }),
            (
                "redis://me:a:b@[::1]:6380",
                .with("::1", 6380) {
                    $0.username = "me"
                    $0.password = "a:b"
                }
            ),
            ("rediss://h/?x=1", .with("h") { $0.tls = RedisTLS() }),
            ("unix:///run/redis", RedisSettings(endpoints: [.unix(path: "/run/redis")])),
        ]
    )
    func url(_ text: String, _ expected: RedisSettings) {
        #expect(RedisURL(text)?.settings == expected)
    }

    @Test(
        "is nowhere for what is no such URL",
        arguments: ["", "h:6379", "http://h", "redis://", "redis://h:x", "redis://h/x", "unix://"]
    )
    func noURL(_ text: String) {
        #expect(RedisURL(text) == nil)
    }

    private func source(_ settings: ParameterSet) throws -> RedisSettings? {
        var contents = TableContents()
        contents.settings = settings
        let table = try Tables.snapshot(contents).table
        return RedisSource(
            table: table,
            values: ReferenceValues([]),
            environment: LoadedEnvironment(
                added: [
                    "REDIS_HOST": "from-environment", "REDIS_PORT": "7", "REDIS_SSL": "true",
                ]
            )
        ).settings()
    }

    @Test("is in cache_params, else in router_settings, else in variables")
    func order() throws {
        let cache = ParameterValue.json([.literal(#"{"host":"c","port":"1","ttl":5}"#)])
        let router = ParameterValue.json([.literal(#"{"host":"r","db":2}"#)])
        #expect(try source([.cache: cache, .redis: router]) == .with("c", 1) { _ in })
        #expect(
            try source([.cache: .json([.literal(#"{"ttl":5}"#)]), .redis: router])
                == .with("r") { $0.database = 2 }
        )
        #expect(try source([:]) == .with("from-environment", 7) { $0.tls = RedisTLS() })
    }

    @Test("has a cluster's nodes, time-outs and certificates")
    func others() throws {
        let text = #"""
            {"redis_startup_nodes":[{"host":"a","port":1},{"host":"b"}],"socket_timeout":0.1,
            "ssl":true,"ssl_cert_reqs":"none","ssl_check_hostname":false,"ssl_ca_certs":"/ca",
            "ssl_certfile":"/cert","ssl_keyfile":"/key"}
            """#
        let found = try #require(try source([.cache: .json([.literal(text)])]))
        #expect(found.endpoints == [.tcp(host: "a", port: 1), .tcp(host: "b", port: 6379)])
        #expect(found.isCluster)
        #expect(found.commandMS == 100)
        let tls = try #require(found.tls)
        #expect(!tls.verifies && !tls.verifiesName)
        #expect([tls.caFile, tls.certificateFile, tls.keyFile] == ["/ca", "/cert", "/key"])
    }
}

extension RedisSettings {
    fileprivate static func with(
        _ host: String,
        _ port: UInt16 = 6379,
        _ change: (inout RedisSettings) -> Void
    ) -> RedisSettings {
        var settings = RedisSettings(host: host, port: port)
        change(&settings)
        return settings
    }
}
