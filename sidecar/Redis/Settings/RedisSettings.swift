/// How to reach Redis, and how long to wait for it.
package struct RedisSettings: Hashable, Sendable {
    /// The server; of a cluster, any of its members, tried in turn.
    package var endpoints: [RedisEndpoint]
    /// The ACL user; nil: the default one.
    package var username: String?
    package var password: String?
    /// The numbered database, 0 in a cluster.
    package var database = 0
    /// What `CLIENT LIST` shows.
    package var clientName = "sidegate"
    /// Whether and how TLS is spoken.
    package var tls: RedisTLS?
    /// Whether slots decide which server a key is at. A server that says that it belongs to a
    /// cluster makes it so, too.
    package var isCluster = false
    /// How long a command may wait for its answer, where its caller does not say, in milliseconds.
    package var commandMS: UInt64 = 25
    /// How long connecting may take, TLS and the first exchange included, in milliseconds.
    package var connectMS: UInt64 = 1_000
    package var limits = RedisLimits()

    package init(endpoints: [RedisEndpoint]) {
        self.endpoints = endpoints
    }

    /// One server without TLS.
    package init(host: String, port: UInt16 = RedisEndpoint.defaultPort) {
        self.init(endpoints: [.tcp(host: host, port: port)])
    }
}

/// Where a server listens.
package enum RedisEndpoint: Hashable, Sendable, CustomStringConvertible {
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    /// 6379.
    package static let defaultPort: UInt16 = 6379

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// Whom TLS connections to Redis trust, and what they show.
package struct RedisTLS: Hashable, Sendable {
    /// Whether the server's certificate is checked at all.
    package var verifies = true
    /// Whether its name is checked, too.
    package var verifiesName = true
    /// PEM certificates to trust in place of the system's.
    package var caFile: String?
    /// A directory of hashed certificates to trust.
    package var caDirectory: String?
    /// A PEM certificate to show, chain included.
    package var certificateFile: String?
    /// Its private key; nil: in `certificateFile`.
    package var keyFile: String?
    /// The name to ask for and to check; nil: the endpoint's host.
    package var serverName: String?

    package init() {}
}

/// Bounds on what one connection to Redis may hold.
package struct RedisLimits: Hashable, Sendable {
    /// One reply, in bytes as they come.
    package var replyBytesMax = 64 << 20
    /// Strings, numbers and arrays in one reply.
    package var replyValuesMax = 1_000_000
    /// Commands that wait for an answer, or for the connection.
    package var pendingMax = 16_384
    /// Of these, the ones that were posted.
    package var postedMax = 8_192
    /// Bytes of commands that the socket has not taken yet.
    package var outputBytesMax = 64 << 20

    package init() {}
}
