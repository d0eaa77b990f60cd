internal import Redis
internal import RouteTable

/// What the table says of the fleet: with whom, and what it shares.
struct FleetSettings: Sendable {
    /// A fleet whose sidecars know of each other.
    struct Shared: Hashable, Sendable {
        let redis: RedisSettings
        /// Sidecars of one namespace are a fleet.
        let namespace: String
        /// Whether it shares what routing knows (`share_routing`), not only limits.
        let sharesRouting: Bool
    }

    /// Nil where each sidecar is alone.
    let shared: Shared?
    /// Why they are although they should not.
    let problem: String?

    init(
        table: RouteTable,
        values: ReferenceValues,
        environment: LoadedEnvironment,
        limits: LimitSettings
    ) {
        let wish = table.settings.bool(.sharesRouting, using: values)
        var redis = limits.shared?.redis
        var problem: String?
        if redis == nil, limits.problem == nil, wish != false {
            let source = RedisSource(table: table, values: values, environment: environment)
            do throws(RedisSettingsError) {
                redis = try source.coordination(isWanted: wish == true)
            } catch {
                problem = "\(error)"
            }
        }
        self.problem = problem
        shared = redis.map { redis in
            Shared(
                redis: redis,
                namespace: LimitSettings.namespace(table, values),
                sharesRouting: wish ?? true
            )
        }
    }
}
