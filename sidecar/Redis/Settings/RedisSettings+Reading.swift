package import JSON

extension RedisSettings {
    /// Reads settings as LiteLLM has them, by the names of redis-py: members of the configuration's
    /// `redis_*`, `cache_params` or `coordination_redis`, then `REDIS_*` variables for what these
    /// leave open. What names a server is taken as a whole from the one or the other.
    /// - Parameters:
    ///   - members: an object; others' members in it are left alone.
    ///   - environment: the value of a variable; nil when it is not set.
    /// - Returns: nil when nothing names a server.
    package static func read(
        _ members: JSONValue?,
        environment: (String) -> String?
    ) throws(RedisSettingsError) -> RedisSettings? {
        let reader = SettingsReader(members, environment)
        if reader.has("sentinel_nodes") {
            throw RedisSettingsError(
                "Redis Sentinel (sentinel_nodes) is not supported: give the master's address, or "
                    + "that of a service that follows it"
            )
        }
        var settings: RedisSettings
        var url: RedisURL?
        let nodes = try reader.nodes()
        if let text = reader.text("url") {
            let parsed = try RedisURL(parsing: text)
            settings = RedisSettings(endpoints: [parsed.endpoint])
            url = parsed
        } else if !nodes.isEmpty {
            settings = RedisSettings(endpoints: nodes)
        } else if let path = reader.text("unix_socket_path") {
            settings = RedisSettings(endpoints: [.unix(path: path)])
        } else if let host = reader.text("host") {
            let port = try reader.number("port", 1...65_535) ?? Int(RedisEndpoint.defaultPort)
            settings = RedisSettings(host: host, port: UInt16(port))
        } else {
            return nil
        }
        settings.isCluster = !nodes.isEmpty && url == nil
        try settings.complete(reader.reading(url))
        return settings
    }

    private mutating func complete(_ reader: SettingsReader) throws(RedisSettingsError) {
        username = reader.text("username")
        password = reader.text("password")
        database = try reader.number("db", 0...65_535) ?? 0
        if isCluster, database != 0 {
            throw RedisSettingsError("a Redis Cluster has database 0 only; leave out redis_db")
        }
        if let name = reader.text("client_name") {
            guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw RedisSettingsError("Redis' client_name may not have spaces or line ends")
            }
            clientName = name
        }
        if let wait = try reader.milliseconds("socket_timeout") { commandMS = wait }
        if let wait = try reader.milliseconds("socket_connect_timeout") { connectMS = wait }
        try completeTLS(reader)
    }

    private mutating func completeTLS(_ reader: SettingsReader) throws(RedisSettingsError) {
        guard try reader.bool("ssl") ?? false else { return }
        guard case .tcp = endpoints.first else {
            throw RedisSettingsError("Redis at a Unix socket does not speak TLS; leave out ssl")
        }
        var tls = RedisTLS()
        switch reader.text("ssl_cert_reqs")?.lowercased() {
        case nil, "required", "cert_required": break
        case "none", "cert_none": tls.verifies = false
        default:
            throw RedisSettingsError("Redis' ssl_cert_reqs must be required or none")
        }
        tls.verifiesName = try reader.bool("ssl_check_hostname") ?? true
        tls.caFile = reader.text("ssl_ca_certs")
        tls.caDirectory = reader.text("ssl_ca_path")
        tls.certificateFile = reader.text("ssl_certfile")
        tls.keyFile = reader.text("ssl_keyfile")
        if tls.keyFile != nil, tls.certificateFile == nil {
            throw RedisSettingsError("Redis' ssl_keyfile needs an ssl_certfile")
        }
        self.tls = tls
    }
}

/// Settings by redis-py's names, whichever place they come from.
struct SettingsReader {
    private let members: JSONValue?
    private let environment: [String: String]
    private var url: [String: String] = [:]

    /// What names a server.
    private static let places = ["url", "host", "port", "startup_nodes", "unix_socket_path"]
    private static let names =
        places + [
            "username", "password", "db", "client_name", "socket_timeout",
            "socket_connect_timeout", "ssl", "ssl_cert_reqs", "ssl_check_hostname", "ssl_ca_certs",
            "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "sentinel_nodes",
        ]

    init(_ members: JSONValue?, _ variables: (String) -> String?) {
        self.members = members
        var environment: [String: String] = [:]
        for name in SettingsReader.names {
            let known = name == "startup_nodes" ? "cluster_nodes" : name
            if let value = variables("REDIS_" + known.uppercased()), !value.isEmpty {
                environment[name] = value
            }
        }
        // Kubernetes sets REDIS_PORT to `tcp://10.0.0.1:6379` where a service is called redis.
        if environment["port"]?.hasPrefix("tcp://") ?? false { environment["port"] = nil }
        let isPlaced = SettingsReader.places.contains { name in
            members?[name].map { $0 != .null } ?? false
                || name == "startup_nodes" && members?["redis_startup_nodes"] != nil
        }
        if isPlaced { for name in SettingsReader.places { environment[name] = nil } }
        self.environment = environment
    }

    /// The same, with what a URL says before all else.
    func reading(_ url: RedisURL?) -> SettingsReader {
        guard let url else { return self }
        var reader = self
        reader.url = url.query
        // What stands before the host wins over the same behind the question mark.
        if let username = url.username { reader.url["username"] = username }
        if let password = url.password { reader.url["password"] = password }
        if let database = url.database { reader.url["db"] = "\(database)" }
        if url.usesTLS { reader.url["ssl"] = "true" }
        return reader
    }

    func has(_ name: String) -> Bool {
        if environment[name] != nil { return true }
        guard let member = members?[name] else { return false }
        return member != .null
    }

    /// A text, or a number or truth value as one; nil when it is empty.
    func text(_ name: String) -> String? {
        if let value = url[name] { return value.isEmpty ? nil : value }
        switch members?[name] {
        case .string(let text): return text.isEmpty ? nil : text
        case .integer(let number): return "\(number)"
        case .number(let number): return "\(number)"
        case .bool(let value): return value ? "true" : "false"
        default: return environment[name]
        }
    }

    func number(_ name: String, _ range: ClosedRange<Int>) throws(RedisSettingsError) -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text), range ~= number else {
            throw RedisSettingsError(
                "Redis' \(name) must be a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)"
            )
        }
        return number
    }

    func bool(_ name: String) throws(RedisSettingsError) -> Bool? {
        switch text(name)?.lowercased() {
        case nil: return nil
        case "true", "1", "yes", "on", "t", "y": return true
        case "false", "0", "no", "off", "f", "n": return false
        default: throw RedisSettingsError("Redis' \(name) must be true or false")
        }
    }

    /// Of a number of seconds.
    func milliseconds(_ name: String) throws(RedisSettingsError) -> UInt64? {
        guard let text = text(name) else { return nil }
        guard let seconds = Double(text), 0.001...60 ~= seconds else {
            throw RedisSettingsError("Redis' \(name) must be from 0.001 to 60 seconds")
        }
        return UInt64((seconds * 1_000).rounded())
    }

    /// The members of a cluster: objects with host and port.
    func nodes() throws(RedisSettingsError) -> [RedisEndpoint] {
        let wrong = RedisSettingsError(
            "Redis' startup_nodes (REDIS_CLUSTER_NODES) must be a JSON list of objects with a "
                + "host and a port"
        )
        var list = members?["startup_nodes"] ?? members?["redis_startup_nodes"]
        if list == .null { list = nil }
        if case .string(let text) = list { list = try? JSONValue(parsing: text) }
        if list == nil, let text = environment["startup_nodes"] {
            guard let parsed = try? JSONValue(parsing: text) else { throw wrong }
            list = parsed
        }
        guard let list else { return [] }
        guard case .array(let elements) = list else { throw wrong }
        var nodes: [RedisEndpoint] = []
        for element in elements {
            let reader = SettingsReader(element) { _ in nil }
            guard let host = reader.text("host") else { throw wrong }
            let port = try reader.number("port", 1...65_535) ?? Int(RedisEndpoint.defaultPort)
            nodes.append(.tcp(host: host, port: UInt16(port)))
        }
        return nodes
    }
}
