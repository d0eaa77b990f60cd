internal import JSON
internal import RateLimits
internal import Redis
internal import RouteTable

/// What the table says of limits, for all who call.
struct LimitSettings: Sendable {
    /// Limits that the fleet shares.
    struct Shared: Hashable, Sendable {
        let redis: RedisSettings
        /// Sidecars of one namespace share their limits.
        let namespace: String
        /// Whether permits are taken in advance (`mode: lease`).
        let takesPermits: Bool
        /// Whether nothing passes while Redis cannot be asked.
        let failsClosed: Bool
    }

    /// Of the whole table's users and teams, by name.
    let users: [String: SubjectLimits]
    let teams: [String: SubjectLimits]
    let tokenType: TokenLimitType
    /// Whether deployments' `rpm` and `tpm` are limits (`enforce_model_rate_limits`).
    let enforcesDeployments: Bool
    /// Nil where limits hold in the process only.
    let shared: Shared?
    /// Why they do although they should not.
    let problem: String?
    /// Whether nothing passes that is limited, since the fleet's limits cannot be asked for at all.
    let isClosed: Bool

    init(table: RouteTable, values: ReferenceValues, environment: LoadedEnvironment) {
        let settings = table.settings
        users = SubjectLimits.all(settings.json(.users), table, values)
        teams = SubjectLimits.all(settings.json(.teams), table, values)
        tokenType =
            settings.string(.tokenRateLimitType, using: values)
            .flatMap { TokenLimitType(rawValue: $0) } ?? .total
        enforcesDeployments = settings.bool(.enforceModelRateLimits, using: values) ?? false
        var redis: RedisSettings?
        var problem: String?
        do throws(RedisSettingsError) {
            redis = try Self.redis(table, values, environment)
        } catch {
            problem = "\(error)"
        }
        self.problem = problem
        // A reference without a value does not open what was to be closed.
        let failsClosed =
            settings.bool(.failClosedRateLimits, using: values)
            ?? settings.contains(.failClosedRateLimits)
        isClosed = failsClosed && problem != nil
        shared = redis.map { redis in
            Shared(
                redis: redis,
                namespace: Self.namespace(table, values),
                takesPermits: settings.string(.rateLimitMode, using: values) == "lease",
                failsClosed: failsClosed
            )
        }
    }

    /// What parts fleets that share a Redis.
    static func namespace(_ table: RouteTable, _ values: ReferenceValues) -> String {
        table.settings.string(.rateLimitNamespace, using: values) ?? "default"
    }

    /// That of the fleet, unless limits are not shared (`mode: local`).
    private static func redis(
        _ table: RouteTable,
        _ values: ReferenceValues,
        _ environment: LoadedEnvironment
    ) throws(RedisSettingsError) -> RedisSettings? {
        let mode = table.settings.string(.rateLimitMode, using: values)
        if mode == "local" { return nil }
        return try RedisSource(table: table, values: values, environment: environment)
            .coordination(isWanted: mode != nil)
    }
}
