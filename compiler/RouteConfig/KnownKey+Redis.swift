internal import RouteTable

/// Where a Redis is, by redis-py's names (`docs/redis.md`).
extension KnownKey {
    /// Keys of a section that names a Redis; they are kept as they stand.
    static func connectionKeys(_ section: Section) -> [KnownKey] {
        handled(
            section,
            [
                ("host", .any, "The server."),
                ("port", .any, "Its port."),
                ("password", .any, "Its password."),
                ("username", .any, "Its user."),
                ("url", .any, "The same as a URL."),
                ("db", .any, "The number of its database."),
                ("ssl", .any, "Whether to speak TLS."),
                (
                    "ssl_cert_reqs", .any,
                    "How far to check its certificate: required, optional or none."
                ),
                ("ssl_ca_certs", .any, "The file of certificates to trust."),
                ("ssl_certfile", .any, "The client's certificate."),
                ("ssl_keyfile", .any, "The client's private key."),
                ("ssl_check_hostname", .any, "Whether its certificate must have the host's name."),
                ("ssl_ca_path", .any, "The folder of certificates to trust."),
                ("redis_startup_nodes", .any, "Nodes of a cluster: a list of {host, port}."),
                ("startup_nodes", .any, "The same as redis_startup_nodes."),
                ("unix_socket_path", .any, "Its socket, in place of a host."),
                ("client_name", .any, "What connections call themselves."),
                ("socket_timeout", .any, "How long a command may take, in seconds."),
                ("socket_connect_timeout", .any, "How long connecting may take, in seconds."),
            ]
        )
            + inert(
                section,
                "Sentinel is not offered; give host and port, or redis_startup_nodes",
                "sentinel_nodes",
                "sentinel_password",
                "service_name"
            )
    }

    /// `coordination_redis`, at the top level or in `general_settings`.
    static let coordinationKeys: [KnownKey] =
        parameters(
            .root,
            [
                (
                    "coordination_redis", .coordinationRedis, .json,
                    "The Redis at which sidecars meet, where it is not that of the cache."
                )
            ]
        )
        + parameters(
            .generalSettings,
            [
                (
                    "coordination_redis", .coordinationRedis, .json,
                    "The Redis at which sidecars meet, where it is not that of the cache."
                )
            ]
        )
        + connectionKeys(.coordinationRedis)
}
