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
}
