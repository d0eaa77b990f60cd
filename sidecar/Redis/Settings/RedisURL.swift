/// `redis://[[user]:password@]host[:port][/database]`, `rediss://` for TLS, and
/// `unix://[[user]:password@]/path`, each with `?name=value` settings behind it.
struct RedisURL: Hashable, Sendable {
    var endpoint: RedisEndpoint
    var usesTLS = false
    var username: String?
    var password: String?
    var database: Int?
    /// The settings behind the question mark, by name.
    var query: [String: String] = [:]

    /// - Throws: what is wrong, without a word of the URL: there may be a password in it.
    init(parsing text: String) throws(RedisSettingsError) {
        guard let mark = RedisURL.scheme(of: text) else {
            throw RedisSettingsError("the Redis URL must begin with redis://, rediss:// or unix://")
        }
        usesTLS = mark.name == "rediss"
        var rest = mark.rest
        if let question = rest.firstIndex(of: "?") {
            query = try RedisURL.query(rest[rest.index(after: question)...])
            rest = rest[..<question]
        }
        // A password may hold a slash that was not escaped; a host cannot hold an at sign.
        var credentials: Substring?
        if let at = rest.lastIndex(of: "@") {
            credentials = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        if mark.name == "unix" {
            endpoint = .unix(path: try RedisURL.decode(rest))
        } else {
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            endpoint = try RedisURL.server(rest[..<slash])
            let path = rest[slash...].dropFirst()
            if !path.isEmpty { database = try RedisURL.database(path) }
        }
        if let named = query["db"] { database = try RedisURL.database(Substring(named)) }
        if let credentials { try take(credentials) }
    }

    private mutating func take(_ credentials: Substring) throws(RedisSettingsError) {
        let parts = credentials.split(
            separator: ":",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let user = try RedisURL.decode(parts[0])
        username = user.isEmpty ? nil : user
        if parts.count > 1 { password = try RedisURL.decode(parts[1]) }
    }

    private static func scheme(of text: String) -> (name: String, rest: Substring)? {
        for name in ["redis", "rediss", "unix"] where text.lowercased().hasPrefix(name + "://") {
            return (name, text.dropFirst(name.count + 3))
        }
        return nil
    }

    /// `host`, `host:port`, `[v6]:port`; nothing is localhost, as redis-py has it.
    static func server(_ text: Substring) throws(RedisSettingsError) -> RedisEndpoint {
        let wrong = RedisSettingsError("the Redis URL's port is not a number from 1 to 65535")
        var host = text
        var port = RedisEndpoint.defaultPort
        let bracket = text.hasPrefix("[") ? text.firstIndex(of: "]") : nil
        if let colon = text.lastIndex(of: ":"), bracket.map({ $0 < colon }) ?? true {
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else {
                throw wrong
            }
            port = number
            host = text[..<colon]
        }
        if bracket != nil { host = host.dropFirst().dropLast() }
        let name = try decode(host)
        return .tcp(host: name.isEmpty ? "localhost" : name, port: port)
    }

    private static func database(_ text: Substring) throws(RedisSettingsError) -> Int {
        guard let number = Int(text), 0...65_535 ~= number else {
            throw RedisSettingsError("the Redis URL's database is not a number from 0")
        }
        return number
    }

    private static func query(_ text: Substring) throws(RedisSettingsError) -> [String: String] {
        var settings: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            settings[try decode(parts[0])] = parts.count > 1 ? try decode(parts[1]) : ""
        }
        return settings
    }

    /// Replaces each `%` and two hexadecimal digits by their byte.
    private static func decode(_ text: Substring) throws(RedisSettingsError) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                rest.count >= 2
            else { throw RedisSettingsError("the Redis URL has a % without two digits") }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What is wrong with the settings for Redis, and what to do. It never shows a secret.
package struct RedisSettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
