internal import RouteTable
internal import YAML

/// The response cache: `litellm_settings.cache_params` (LiteLLM §7.1), `sidegate.cache`,
/// `router_settings.caching_groups`.
extension ConfigDecoder {
    private static let types = ["redis", "local"]
    /// LiteLLM's caches that do not exist here.
    private static let otherTypes = [
        "redis-semantic", "valkey-semantic", "qdrant-semantic", "s3", "gcs", "azure-blob", "disk",
    ]
    private static let callTypes = [
        "completion", "acompletion", "text_completion", "atext_completion", "embedding",
        "aembedding",
    ]
    /// LiteLLM's call types whose answers are not cached here.
    private static let otherCallTypes = [
        "transcription", "atranscription", "rerank", "arerank", "responses", "aresponses",
        "anthropic_messages",
    ]

    mutating func cacheParameters(_ section: YAMLEntry) {
        let entries = mapping(section)
        check(entries, in: .cacheParams)
        parameters(entries, in: .cacheParams, into: &config.settings)
        for entry in entries {
            switch entry.key.text {
            case "host", "url", "redis_startup_nodes", "startup_nodes", "unix_socket_path":
                cacheServer = entry.keyMark
            case "type": cacheType(entry)
            case "supported_call_types": cacheCallTypes(entry)
            case "ttl", "default_in_memory_ttl", "default_in_redis_ttl": cacheTTL(entry)
            default: break
            }
        }
    }

    mutating func cacheSection(_ section: YAMLEntry) {
        let entries = mapping(section)
        check(entries, in: .sidegateCache)
        parameters(entries, in: .sidegateCache, into: &config.settings)
    }

    /// A list of lists of names.
    mutating func cachingGroups(_ entry: YAMLEntry) {
        for group in sequence(entry) where group.items?.allSatisfy({ $0.scalar != nil }) != true {
            wrong(group, entry.key.text, "a list of lists of models")
            config.settings[.cachingGroups] = nil
            return
        }
        for name in sequence(entry).flatMap({ $0.items ?? [] }) {
            config.cachingModels.append(Placed(name.scalar?.text ?? "", at: name.mark))
        }
    }

    /// Without a secret the level in Redis stays off: anybody could plant answers there.
    mutating func finishCache() {
        guard config.settings[.cacheEnabled] == .bool(true), let mark = cacheServer,
            literal(.cacheType) != "local", config.settings[.cacheSecret] == nil
        else { return }
        if case .reference? = config.masterKey { return }
        sink.warn(
            .unsealedCache,
            mark,
            "cached answers stay in each sidecar: nothing authenticates them in Redis",
            hint: "set sidegate.cache.secret: os.environ/NAME"
        )
    }

    private mutating func cacheType(_ entry: YAMLEntry) {
        if literal(.cacheType) == "redis" { cacheServer = entry.value.mark }
        guard let name = literal(.cacheType), !Self.types.contains(name) else { return }
        if Self.otherTypes.contains(name) {
            config.settings[.cacheType] = .text(.literal("local"))
            sink.warn(
                .noEffect,
                entry.value.mark,
                "there is no cache of type \(name) here",
                hint: "answers are cached in memory only; with type: redis the fleet shares them"
            )
            return
        }
        word(entry, .cacheType, of: Self.types)
    }

    private mutating func cacheCallTypes(_ entry: YAMLEntry) {
        for item in entry.value.items ?? [entry.value] where !item.isNull {
            guard let name = item.scalar?.text, !Self.callTypes.contains(name),
                Reference(name, isSecret: false) == nil
            else { continue }
            if Self.otherCallTypes.contains(name) {
                sink.warn(
                    .noEffect,
                    item.mark,
                    "answers of \(name) are not cached here",
                    hint: "those of \(Self.callTypes.joined(separator: ", ")) are"
                )
            } else {
                let near = KnownKey.nearest(to: name, of: Self.callTypes + Self.otherCallTypes)
                sink.warn(
                    .unknownKey,
                    item.mark,
                    "unknown call type \(name) in \(entry.key.text)",
                    hint: near.map { "did you mean \($0)?" }
                )
            }
        }
    }

    /// What is kept for no time is not kept; `cache: false` says so better.
    private mutating func cacheTTL(_ entry: YAMLEntry) {
        guard case .parameter(let key, _)? = KnownKey.find(.cacheParams, entry.key.text)?.fate,
            case .integer(0)? = config.settings[key]
        else { return }
        config.settings[key] = nil
        wrong(entry.value, entry.key.text, "more than 0")
    }

    /// Leaves a text out that is none of the words that it may be.
    private mutating func word(_ entry: YAMLEntry, _ key: ParameterKey, of words: [String]) {
        guard let name = literal(key), !words.contains(name) else { return }
        config.settings[key] = nil
        wrong(entry.value, entry.key.text, words.joined(separator: " or "))
    }

    /// The text of a setting that is no reference.
    private func literal(_ key: ParameterKey) -> String? {
        guard case .text(.literal(let text))? = config.settings[key] else { return nil }
        return text
    }
}
