internal import RouteTable

/// Where a Redis is, by redis-py's names (`docs/redis.md`).
extension KnownKey {
    /// Keys of a section that names a Redis; they are kept as they stand.
    static func connectionKeys(_ section: Section) -> [KnownKey] {
        rows(
            section,
            .handled,
            "host",
            "port",
            "password",
            "username",
            "url",
            "db",
            "ssl",
            "ssl_cert_reqs",
            "ssl_ca_certs",
            "ssl_certfile",
            "ssl_keyfile",
            "ssl_check_hostname",
            "ssl_ca_path",
            "redis_startup_nodes",
            "startup_nodes",
            "unix_socket_path",
            "client_name",
            "socket_timeout",
            "socket_connect_timeout"
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
        parameters(.root, [("coordination_redis", .coordinationRedis, .json)])
        + parameters(.generalSettings, [("coordination_redis", .coordinationRedis, .json)])
        + connectionKeys(.coordinationRedis)
}
