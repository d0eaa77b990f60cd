internal import JSON
internal import Redis
internal import RouteTable

/// Where Redis is, by the first of these that says so: `cache_params`, the `redis_…` settings of
/// `router_settings`, the variables `REDIS_URL`, `REDIS_HOST` and their like (LiteLLM §7.1).
struct RedisSource {
    let table: RouteTable
    let values: ReferenceValues
    let environment: LoadedEnvironment

    /// Nil where nothing says it.
    func settings() -> RedisSettings? {
        for key in [ParameterKey.cache, .redis] {
            guard let pieces = table.settings.json(key),
                let text = table.resolve(json: pieces, using: values),
                let json = try? JSONValue(parsing: text), let found = Self.settings({ json[$0] })
            else { continue }
            return found
        }
        return Self.settings { name in
            environment["REDIS_" + name.uppercased()].map { .string($0) }
        }
    }

    /// From members by LiteLLM's names, which are redis-py's.
    private static func settings(_ member: (String) -> JSONValue?) -> RedisSettings? {
        var settings: RedisSettings
        if let nodes = nodes(member("redis_startup_nodes")) {
            settings = RedisSettings(endpoints: nodes)
            settings.isCluster = true
        } else if let url = member("url")?.words {
            guard let parsed = RedisURL(url) else { return nil }
            settings = parsed.settings
        } else if let host = member("host")?.words {
            let port = member("port")?.whole.flatMap { UInt16(exactly: $0) }
            settings = RedisSettings(host: host, port: port ?? RedisEndpoint.defaultPort)
        } else {
            return nil
        }
        settings.username = member("username")?.words ?? settings.username
        settings.password = member("password")?.words ?? settings.password
        settings.database = member("db")?.whole ?? settings.database
        if let seconds = member("socket_timeout")?.real, seconds > 0, seconds <= 60 {
            settings.commandMS = UInt64(max(1, seconds * 1_000))
        }
        if member("ssl")?.isTrue == true { settings.tls = settings.tls ?? RedisTLS() }
        guard var tls = settings.tls else { return settings }
        tls.verifies = !["none", "cert_none"].contains(
            member("ssl_cert_reqs")?.words?.lowercased() ?? ""
        )
        tls.verifiesName = member("ssl_check_hostname")?.isTrue ?? true
        tls.caFile = member("ssl_ca_certs")?.words
        tls.certificateFile = member("ssl_certfile")?.words
        tls.keyFile = member("ssl_keyfile")?.words
        settings.tls = tls
        return settings
    }

    private static func nodes(_ value: JSONValue?) -> [RedisEndpoint]? {
        guard case .array(let elements)? = value else { return nil }
        let nodes = elements.compactMap { node -> RedisEndpoint? in
            guard let host = node["host"]?.words else { return nil }
            let port = node["port"]?.whole.flatMap { UInt16(exactly: $0) }
            return .tcp(host: host, port: port ?? RedisEndpoint.defaultPort)
        }
        return nodes.isEmpty ? nil : nodes
    }
}

/// `redis://user:password@host:6379/0`, `rediss://…` with TLS, `unix:///path`.
struct RedisURL {
    let settings: RedisSettings

    init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            return nil
        }
        let scheme = text[..<colon].lowercased()
        var rest = text[colon...].dropFirst(3)
        if let query = rest.firstIndex(of: "?") { rest = rest[..<query] }
        var user: Substring?
        if let sign = rest.lastIndex(of: "@") {
            user = rest[..<sign]
            rest = rest[rest.index(after: sign)...]
        }
        guard var found = Self.place(scheme, rest) else { return nil }
        if let user {
            let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if !parts[0].isEmpty { found.username = PercentText.decoded(parts[0]) }
            if parts.count > 1, !parts[1].isEmpty {
                found.password = PercentText.decoded(parts[1])
            }
        }
        settings = found
    }

    private static func place(_ scheme: String, _ rest: Substring) -> RedisSettings? {
        if scheme == "unix" {
            return rest.isEmpty ? nil : RedisSettings(endpoints: [.unix(path: String(rest))])
        }
        guard scheme == "redis" || scheme == "rediss" else { return nil }
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var host = parts[0]
        var port = RedisEndpoint.defaultPort
        let bracket = host.lastIndex(of: "]") ?? host.startIndex
        if let colon = host[bracket...].lastIndex(of: ":") {
            guard let number = UInt16(host[host.index(after: colon)...]) else { return nil }
            port = number
            host = host[..<colon]
        }
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        var settings = RedisSettings(host: String(host), port: port)
        if parts.count > 1, !parts[1].isEmpty {
            guard let database = Int(parts[1]) else { return nil }
            settings.database = database
        }
        if scheme == "rediss" { settings.tls = RedisTLS() }
        return settings
    }
}

/// Texts of URLs.
private enum PercentText {
    static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"),
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Values as YAML, JSON or a variable may write them.
extension JSONValue {
    fileprivate var words: String? {
        switch self {
        case .string(let text): text.isEmpty ? nil : text
        case .integer(let number): String(number)
        default: nil
        }
    }

    fileprivate var whole: Int? {
        switch self {
        case .integer(let number): Int(number)
        case .string(let text): Int(text)
        default: nil
        }
    }

    fileprivate var real: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        case .string(let text): Double(text)
        default: nil
        }
    }

    fileprivate var isTrue: Bool? {
        switch self {
        case .bool(let flag): flag
        case .string(let text): ["true", "1", "yes", "on"].contains(text.lowercased())
        default: nil
        }
    }
}
