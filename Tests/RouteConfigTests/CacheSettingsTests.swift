import RouteConfig
import RouteTable
import Testing

@Suite("Settings of the response cache")
struct CacheSettingsTests {
    @Test("are stored in the sidecar's units")
    func stored() {
        let decoded = Decoded(
            """
            litellm_settings:
              cache: true
              cache_params:
                type: redis
                host: redis
                ttl: 1.5
                default_in_memory_ttl: os.environ/TTL
                namespace: prod
                mode: default_off
                supported_call_types: [acompletion, aembedding]
            router_settings:
              caching_groups: [[a, b], [c]]
            sidegate:
              cache:
                memory_bytes: 1000
                scope: key
                secret: os.environ/SECRET
            """
        )
        let settings = decoded.config.settings
        let ttl = Reference(kind: .environment, name: "TTL", isSecret: false)
        #expect(decoded.reported.isEmpty)
        #expect(settings[.cacheEnabled] == .bool(true))
        #expect(settings[.cacheType] == .text(.literal("redis")))
        #expect(settings[.cacheTTLMS] == .integer(1_500))
        #expect(settings[.cacheMemoryTTLMS] == .text(.reference(ttl)))
        #expect(settings[.cacheNamespace] == .text(.literal("prod")))
        #expect(settings[.cacheMode] == .text(.literal("default_off")))
        #expect(
            settings[.cacheCallTypes]
                == .list([.literal("acompletion"), .literal("aembedding")])
        )
        #expect(settings[.cachingGroups] == .json([.literal(#"[["a","b"],["c"]]"#)]))
        #expect(decoded.config.cachingModels.map(\.value) == ["a", "b", "c"])
        #expect(settings[.cacheMemoryBytes] == .integer(1_000))
        #expect(settings[.cacheScope] == .text(.literal("key")))
        guard case .text(.reference(let secret))? = settings[.cacheSecret] else {
            Issue.record("\(settings[.cacheSecret] as Any)")
            return
        }
        #expect(secret.isSecret)
    }

    @Test(
        "that cannot be followed are left out with a warning",
        arguments: [
            ("type: s3", ParameterKey.cacheType, "SG0021", "local"),
            ("type: redis-semantic", .cacheType, "SG0021", "local"),
            ("type: rediss", .cacheType, "SG0022", nil),
            ("mode: always", .cacheMode, "SG0022", nil),
            ("ttl: 0", .cacheTTLMS, "SG0022", nil),
            ("ttl: soon", .cacheTTLMS, "SG0022", nil),
            ("supported_call_types: [arerank]", .redis, "SG0021", nil),
            ("supported_call_types: [acompletions]", .redis, "SG0020", nil),
            ("max_messages: 4", .redis, "SG0021", nil),
            ("nmespace: x", .cacheNamespace, "SG0020", nil),
        ] as [(String, ParameterKey, String, String?)]
    )
    func wrong(_ line: String, _ key: ParameterKey, _ code: String, _ stored: String?) {
        let decoded = Decoded("litellm_settings: {cache_params: {\(line)}}")
        #expect(decoded.reported.count == 1)
        #expect(decoded.reported.first?.hasPrefix("warning \(code)") == true)
        #expect(decoded.config.settings[key] == stored.map { .text(.literal($0)) })
    }

    @Test(
        "say that answers stay at home where nothing authenticates them in Redis",
        arguments: [
            ("type: redis", "", ["warning SG0079 1:54"]),
            ("host: redis", "", ["warning SG0079 1:48"]),
            ("type: local", "", []),
            ("host: redis, type: local", "", []),
            ("type: redis", "sidegate: {cache: {secret: os.environ/S}}", []),
            ("type: redis", "general_settings: {master_key: os.environ/K}", []),
        ] as [(String, String, [String])]
    )
    func unsealed(_ line: String, _ more: String, _ reported: [String]) {
        let decoded = Decoded("litellm_settings: {cache: true, cache_params: {\(line)}}\n\(more)")
        #expect(decoded.reported == reported)
    }

    @Test("of sidegate.cache are known, and lists of models are lists of lists")
    func others() {
        let cache = Decoded("sidegate: {cache: {scope: pod, memory: 5}}")
        #expect(cache.config.settings[.cacheScope] == nil)
        #expect(cache.reported.count == 2)
        let groups = Decoded("router_settings: {caching_groups: [a, b]}")
        #expect(groups.config.settings[.cachingGroups] == nil)
        #expect(groups.reported == ["warning SG0022 1:36"])
    }
}
