internal import JSON
internal import Redis
internal import RouteTable

/// Where a table has its Redis: as `cache_params` or the `redis_…` of `router_settings` say, else
/// as the variables `REDIS_URL`, `REDIS_HOST` and their like (LiteLLM §7.1).
struct RedisSource {
    let table: RouteTable
    let values: ReferenceValues
    let environment: LoadedEnvironment

    /// Nil where nothing says it.
    /// - Parameter places: where to look, before the environment.
    func settings(
        in places: [ParameterKey] = [.cache, .redis]
    ) throws(RedisSettingsError) -> RedisSettings? {
        for key in places {
            guard let pieces = table.settings.json(key) else { continue }
            guard let text = table.resolve(json: pieces, using: values) else {
                throw RedisSettingsError("a reference of Redis' settings has no value")
            }
            let members = try? JSONValue(parsing: text)
            // What these name is not to be mixed with a server of the environment's.
            if let found = try RedisSettings.read(members, environment: { _ in nil }) {
                return found
            }
        }
        return try RedisSettings.read(nil) { environment[$0] }
    }

    /// What sidecars meet at: `coordination_redis`, that of the router, or of the cache; a server
    /// that only the environment names is taken where one of them, or something else, asks for it.
    /// - Parameter isWanted: whether something else does; then there must be one.
    func coordination(isWanted: Bool) throws(RedisSettingsError) -> RedisSettings? {
        let settings = table.settings
        let isCacheShared =
            settings.bool(.cacheEnabled, using: values) == true
            && settings.string(.cacheType, using: values) != "local"
        let places: [ParameterKey] = [.coordinationRedis, .redis] + (isCacheShared ? [.cache] : [])
        guard isWanted || isCacheShared || places.contains(where: { settings.contains($0) }) else {
            return nil
        }
        let found = try self.settings(in: places)
        if found == nil, isWanted { throw RedisSettingsError("nothing names a Redis") }
        return found
    }
}
