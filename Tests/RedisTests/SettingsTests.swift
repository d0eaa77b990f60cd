import JSON
import Testing

@testable import Redis

@Suite("Settings for Redis")
struct SettingsTests {
    private func read(
        _ json: String?,
        _ variables: [String: String] = [:]
    ) throws -> RedisSettings? {
        let members = try json.map { try JSONValue(parsing: $0) }
        return try RedisSettings.read(members) { variables[$0] }
    }

    @Test(
        "come from a URL",
        arguments: [
            ("redis://h", "h:6379", nil, nil, 0, false),
            ("redis://h:1/2", "h:1", nil, nil, 2, false),
            ("redis://:pa%2Fss@h:1/2", "h:1", nil, "pa/ss", 2, false),
            ("redis://user:p:a/s@s@h/", "h:6379", "user", "p:a/s@s", 0, false),
            ("REDISS://user@[::1]:7/3?ssl_cert_reqs=none", "[::1]:7", "user", nil, 3, true),
            ("redis://h?db=4", "h:6379", nil, nil, 4, false),
            ("redis://h?username=u&password=p%26q", "h:6379", "u", "p&q", 0, false),
            ("redis://a:b@h/1?username=u&password=p&db=2", "h:6379", "a", "b", 2, false),
            ("redis://", "localhost:6379", nil, nil, 0, false),
            ("unix://user:x@/run/redis.sock?db=5", "unix:/run/redis.sock", "user", "x", 5, false),
            ("unix:///run/r", "unix:/run/r", nil, nil, 0, false),
        ] as [(String, String, String?, String?, Int, Bool)]
    )
    func url(
        _ url: String,
        _ endpoint: String,
        _ user: String?,
        _ password: String?,
        _ database: Int,
        _ isTLS: Bool
    ) throws {
        let settings = try #require(try read(nil, ["REDIS_URL": url]))
        #expect(settings.endpoints.map(\.description) == [endpoint])
        #expect(settings.username == user && settings.password == password)
        #expect(settings.database == database)
        #expect((settings.tls != nil) == isTLS)
        if isTLS { #expect(settings.tls?.verifies == false) }
    }

    @Test(
        "refuse a URL without showing it",
        arguments: [
            "http://secret@h", "secret", "redis://:secret@h:port", "redis://:secret@h:0",
            "redis://:secret@h:65536", "redis://:secret@h/x", "redis://:sec%ret@h",
            "redis://:secret@h/-1",
        ]
    )
    func badURL(_ url: String) throws {
        do {
            _ = try read(nil, ["REDIS_URL": url])
            Issue.record("was taken")
        } catch let error as RedisSettingsError {
            #expect(!error.description.contains("sec"))
        }
    }

    @Test("name no server when nothing does")
    func none() throws {
        #expect(try read(nil) == nil)
        #expect(try read("{}", ["REDIS_PASSWORD": "x", "REDIS_PORT": "1"]) == nil)
        #expect(try read(#"{"host":null}"#, ["REDIS_HOST": ""]) == nil)
    }

    @Test("come from members, and from variables for the rest")
    func members() throws {
        let variables = [
            "REDIS_HOST": "other", "REDIS_PORT": "9", "REDIS_URL": "redis://third",
            "REDIS_PASSWORD": "secret", "REDIS_USERNAME": "user", "REDIS_SSL": "True",
        ]
        let json = #"{"host":"h","port":"7","db":2,"socket_timeout":0.05,"ttl":60}"#
        let settings = try #require(try read(json, variables))
        #expect(settings.endpoints == [.tcp(host: "h", port: 7)])
        #expect(settings.password == "secret" && settings.username == "user")
        #expect(settings.database == 2 && settings.commandMS == 50)
        #expect(settings.tls == RedisTLS())
        // What names a server is not mixed: this one's port is not the variable's.
        #expect(try read(#"{"host":"h"}"#, variables)?.endpoints == [.tcp(host: "h", port: 6_379)])
        #expect(try read(nil, variables)?.endpoints == [.tcp(host: "third", port: 6_379)])
    }

    @Test("do not take a Kubernetes service's variable for a port")
    func kubernetes() throws {
        let variables = ["REDIS_HOST": "h", "REDIS_PORT": "tcp://10.0.0.1:6379"]
        #expect(try read(nil, variables)?.endpoints == [.tcp(host: "h", port: 6_379)])
    }

    @Test("name a cluster's members")
    func cluster() throws {
        let list = #"[{"host":"a","port":7001},{"host":"b","port":"7002"},{"host":"c"}]"#
        let endpoints: [RedisEndpoint] = [
            .tcp(host: "a", port: 7_001), .tcp(host: "b", port: 7_002),
            .tcp(host: "c", port: 6_379),
        ]
        for name in ["startup_nodes", "redis_startup_nodes"] {
            let settings = try #require(try read("{\"\(name)\":\(list)}"))
            #expect(settings.endpoints == endpoints && settings.isCluster)
        }
        let variables = try #require(try read(nil, ["REDIS_CLUSTER_NODES": list]))
        #expect(variables.endpoints == endpoints && variables.isCluster)
        #expect(throws: RedisSettingsError.self) {
            try read(nil, ["REDIS_CLUSTER_NODES": list, "REDIS_DB": "1"])
        }
        for wrong in ["x", "{}", "[1]", #"[{"port":1}]"#] {
            #expect(throws: RedisSettingsError.self) {
                try read(nil, ["REDIS_CLUSTER_NODES": wrong])
            }
        }
    }

    @Test("set up TLS")
    func tls() throws {
        let json = #"""
            {"host":"h","ssl":true,"ssl_ca_certs":"ca","ssl_certfile":"c","ssl_keyfile":"k",
            "ssl_check_hostname":false}
            """#
        let tls = try #require(try read(json)?.tls)
        #expect(tls.caFile == "ca" && tls.certificateFile == "c" && tls.keyFile == "k")
        #expect(tls.verifies && !tls.verifiesName)
    }

    @Test(
        "are refused where they say nothing",
        arguments: [
            #""port":0"#, #""port":"x""#, #""db":-1"#, #""ssl":"maybe""#, #""socket_timeout":0"#,
            #""socket_timeout":"soon""#, #""socket_connect_timeout":61"#, #""client_name":"a b""#,
            #""ssl":true,"ssl_cert_reqs":"some""#, #""ssl":true,"ssl_keyfile":"k""#,
            #""sentinel_nodes":[["h",1]]"#,
        ]
    )
    func refused(_ member: String) {
        #expect(throws: RedisSettingsError.self) { try read("{\"host\":\"h\",\(member)}") }
    }
}

@Suite("What a server says of itself")
struct GreetingTests {
    private func facts(_ lines: String...) -> ServerFacts {
        ServerFacts(info: lines.joined(separator: "\r\n"))
    }

    @Test("finds what does not suit")
    func findings() {
        #expect(facts("redis_version:7.0.15", "maxmemory_policy:noeviction").findings == [])
        for (version, isOld) in [
            ("7.4.1", false), ("6.2.0", false), ("6.0.16", true), ("5.0.7", true), ("8", false),
            ("x", true),
        ] {
            let wanted: [RedisFinding] = isOld ? [.oldVersion(version)] : []
            #expect(facts("# Server", "redis_version:\(version)").findings == wanted)
        }
        let policy = "maxmemory_policy:volatile-ttl"
        #expect(facts("maxmemory:0", policy).findings == [])
        #expect(facts("maxmemory:1", policy).findings == [.evicts(policy: "volatile-ttl")])
        var saving = facts("aof_enabled:0")
        #expect(saving.findings == [])
        saving.snapshots = ""
        #expect(saving.findings == [.keepsNothing])
        saving.snapshots = "3600 1"
        #expect(saving.findings == [])
    }

    @Test("says of a server that cannot be used why")
    func unusable() throws {
        func judge(
            _ step: Greeting.Step,
            _ outcome: Result<RedisReply, RedisError>,
            allowsReplica: Bool = false
        ) throws -> ServerFacts {
            try Greeting.judge([(step, outcome)], allowsReplica: allowsReplica)
        }
        func error(_ line: String) -> Result<RedisReply, RedisError> {
            .failure(.server(ServerError(line: Array(line.utf8))))
        }
        func info(_ text: String) -> Result<RedisReply, RedisError> {
            .success(.string(Array(text.utf8)))
        }
        let refused: [(Greeting.Step, Result<RedisReply, RedisError>)] = [
            (.authenticate, error("WRONGPASS invalid")), (.select, error("ERR index")),
            (.info, error("NOAUTH Authentication required.")), (.ping, error("MISCONF x")),
            (.info, info("role:slave")), (.info, info("loading:1")), (.ping, .failure(.timeout)),
        ]
        for (step, outcome) in refused {
            #expect(throws: RedisError.self) { try judge(step, outcome) }
        }
        let replica = info("role:slave")
        #expect(try judge(.info, replica, allowsReplica: true).isReplica)
        #expect(try judge(.setName, error("NOPERM x")).refused == ["CLIENT SETNAME"])
        #expect(try judge(.snapshots, error("NOPERM x")).refused == [])
        #expect(try judge(.snapshots, error("ERR unknown command")).refused == [])
    }

    @Test("shows who we are only where that is set")
    func commands() {
        var settings = RedisSettings(host: "h")
        #expect(
            Greeting.commands(for: settings).map(\.step) == [.setName, .info, .snapshots, .ping]
        )
        settings.password = "p"
        settings.database = 1
        settings.clientName = ""
        let steps = Greeting.commands(for: settings).map(\.step)
        #expect(steps == [.authenticate, .select, .info, .snapshots, .ping])
    }
}
