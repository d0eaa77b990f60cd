internal import JSON
internal import OpenAI
internal import Redis
internal import RouteTable

/// What a table says of the response cache (`docs/cache.md`).
struct CacheSettings: Sendable {
    /// What a tenant is.
    enum Scope: String, Sendable {
        case team
        case key
        case all
    }

    /// The second level.
    struct Shared: Hashable, Sendable {
        let redis: RedisSettings
        /// Authenticates what lies in Redis.
        let secret: [UInt8]
        /// How long an answer is kept there, in milliseconds.
        let ttlMS: UInt64
    }

    /// Nil where there is none: `type: local`, no Redis, or no secret.
    let shared: Shared?
    /// Why there is none although there should be.
    let problem: String?
    /// How long an answer is kept in memory, in milliseconds.
    let memoryTTLMS: UInt64
    /// `cache_params.namespace`; empty for none.
    let namespace: String
    /// `mode: default_off`: only requests that say so are cached.
    let mustBeAsked: Bool
    /// `enable_tag_filtering`: tags decide which deployments a request may have.
    let filtersByTags: Bool
    /// Those whose answers are cached.
    let endpoints: Set<Endpoint>
    let memoryBytes: Int
    let entryBytes: Int
    let requestBytes: Int
    let scope: Scope
    /// The models of a caching group, in order, by each of their names.
    let partners: [String: [String]]

    static let standardMemoryBytes = 64 << 20

    /// Nil where the cache is off.
    /// - Parameter masterKey: its value, where the table does not hold a digest in its place.
    init?(
        _ settings: Parameters,
        values: ReferenceValues,
        table: RouteTable,
        environment: LoadedEnvironment,
        masterKey: String?
    ) {
        guard settings.bool(.cacheEnabled, using: values) == true else { return nil }
        func positive(_ key: ParameterKey) -> Int? {
            settings.integer(key, using: values).flatMap { $0 > 0 ? $0 : nil }
        }
        let isLocal = settings.string(.cacheType, using: values) == "local"
        let source = RedisSource(table: table, values: values, environment: environment)
        // A secret that should be there and is not is no reason to take another one.
        let secret =
            settings.contains(.cacheSecret)
            ? settings.string(.cacheSecret, using: values) ?? "" : masterKey ?? ""
        var redis: RedisSettings?
        var problem: String?
        do throws(RedisSettingsError) {
            if !isLocal, !secret.isEmpty { redis = try source.settings() }
        } catch {
            problem = "\(error)"
        }
        self.problem = problem
        shared = redis.map { redis in
            Shared(
                redis: redis,
                secret: Array(secret.utf8),
                ttlMS: UInt64(positive(.cacheSharedTTLMS) ?? positive(.cacheTTLMS) ?? 60_000)
            )
        }
        let standardTTLMS = redis == nil ? 600_000 : 60_000
        memoryTTLMS = UInt64(
            positive(.cacheMemoryTTLMS) ?? positive(.cacheTTLMS) ?? standardTTLMS
        )
        namespace = settings.string(.cacheNamespace, using: values) ?? ""
        mustBeAsked = settings.string(.cacheMode, using: values) == "default_off"
        filtersByTags = settings.bool(.isTagFilteringEnabled, using: values) ?? false
        endpoints = Self.endpoints(
            settings.list(.cacheCallTypes).flatMap { table.resolve($0, using: values) }
        )
        memoryBytes =
            settings.integer(.cacheMemoryBytes, using: values) ?? Self.standardMemoryBytes
        entryBytes = positive(.cacheEntryBytes) ?? 1 << 20
        requestBytes = positive(.cacheRequestBytes) ?? 1 << 20
        scope = settings.string(.cacheScope, using: values).flatMap(Scope.init) ?? .team
        partners = Self.partners(
            settings.json(.cachingGroups).flatMap { table.resolve(json: $0, using: values) }
        )
    }

    /// - Parameter callTypes: `supported_call_types`; nil for all.
    private static func endpoints(_ callTypes: [String]?) -> Set<Endpoint> {
        guard let callTypes else { return [.chatCompletions, .completions, .embeddings] }
        return Set(
            callTypes.compactMap { name in
                switch name {
                case "completion", "acompletion": .chatCompletions
                case "text_completion", "atext_completion": .completions
                case "embedding", "aembedding": .embeddings
                default: nil
                }
            }
        )
    }

    private static func partners(_ text: String?) -> [String: [String]] {
        guard let text, case .array(let groups)? = try? JSONValue(parsing: text) else { return [:] }
        var partners: [String: [String]] = [:]
        for case .array(let elements) in groups {
            let names = elements.compactMap { element in
                if case .string(let name) = element { name } else { nil }
            }
            for name in names { partners[name] = Set(names).sorted() }
        }
        return partners
    }
}
