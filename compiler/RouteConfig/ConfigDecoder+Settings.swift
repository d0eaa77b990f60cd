internal import RouteTable
internal import YAML

/// `litellm_settings`, `router_settings` and `general_settings`.
extension ConfigDecoder {
    mutating func litellmSettings(_ section: YAMLEntry) {
        let entries = mapping(section)
        check(entries, in: .litellmSettings)
        parameters(entries, in: .litellmSettings, into: &config.settings)
        for entry in entries {
            switch entry.key.text {
            case "callbacks", "success_callback", "failure_callback", "service_callback",
                "service_callbacks":
                callbacks(entry)
            case "cache_params": cacheParameters(entry)
            case "model_group_settings":
                let name = "forward_client_headers_to_llm_api"
                for member in mapping(entry) where member.key.text != name {
                    sink.warn(
                        .unknownKey,
                        member.keyMark,
                        "unknown key \(member.key.text) in model_group_settings",
                        hint: "it takes \(name)"
                    )
                }
                if let groups = entry.value[name], let list = list(groups, name) {
                    config.settings[.forwardHeadersModels] = .list(list)
                }
            default: fallbacks(entry, in: .litellmSettings)
            }
        }
    }

    mutating func routerSettings(_ section: YAMLEntry) {
        let entries = mapping(section)
        check(entries, in: .routerSettings)
        parameters(entries, in: .routerSettings, into: &config.settings)
        place(entries, in: .routerSettings)
        strategy(entries)
        for entry in entries {
            switch entry.key.text {
            case "routing_groups": routingGroups(entry)
            case "model_group_alias": aliases(entry)
            case "model_group_retry_policy": groupPolicies(entry)
            case "cache_kwargs": redisSetting(entry)
            case let name where Self.isRedisSetting(name): redisSetting(entry)
            case "caching_groups": cachingGroups(entry)
            case "optional_pre_call_checks": preCallChecks(entry)
            case "default_litellm_params": defaults(entry)
            default: fallbacks(entry, in: .routerSettings)
            }
        }
    }

    /// Remembers where settings stand, for checks that need the whole configuration.
    private mutating func place(_ entries: [YAMLEntry], in section: KnownKey.Section) {
        for entry in entries {
            if case .parameter(let key, _)? = KnownKey.find(section, entry.key.text)?.fate,
                config.settings[key] != nil
            {
                config.settingMarks[key] = entry.keyMark
            }
        }
    }

    mutating func generalSettings(_ section: YAMLEntry) {
        let entries = mapping(section)
        check(entries, in: .generalSettings)
        var general: ParameterSet = [:]
        parameters(entries, in: .generalSettings, into: &general)
        // Two keys may stand in both sections; they are the router's.
        for key in [ParameterKey.isHealthCheckRoutingEnabled, .healthCheckStalenessMS]
        where config.settings[key] != nil {
            general[key] = nil
        }
        config.settings.merge(general) { _, new in new }
        for entry in entries where entry.key.text == "coordination_redis" {
            coordinationRedis(entry, in: .generalSettings)
        }
        place(entries, in: .generalSettings)
        guard let node = entries.first(where: { $0.key.text == "master_key" })?.value,
            !node.isNull
        else { return }
        // Without it everybody may call.
        var closing = self
        closing.isClosing = true
        guard let key = closing.text(node, isSecret: true, "master_key") else { return }
        guard case .secret(let value) = key else {
            config.masterKey = key
            return
        }
        if value.isEmpty {
            sink.warn(
                .weakMasterKey,
                node.mark,
                "master_key is empty",
                hint: "without a key everyone on the pod's network may call"
            )
            return
        }
        config.masterKey = key
        if WeakKey.isWeak(value), !Self.isTemplate(value) {
            sink.warn(
                .weakMasterKey,
                node.mark,
                "this master_key is publicly known or easily guessed",
                hint: "use os.environ/LITELLM_MASTER_KEY with a long random value"
            )
        } else if !Self.isTemplate(value) {
            sink.warn(
                .literalSecret,
                node.mark,
                "master_key is written here in plain text",
                hint: "use os.environ/NAME; the table holds its SHA-256 only"
            )
        }
    }

    private mutating func callbacks(_ entry: YAMLEntry) {
        for item in entry.value.items ?? [entry.value] where !item.isNull {
            guard let name = item.scalar?.text else {
                wrong(item, entry.key.text, "a list of names")
                continue
            }
            if !callbacks.contains(name) { callbacks.append(name) }
            if Self.guards.contains(name) {
                sink.guarded(
                    item.mark,
                    "the callback \(name) is not called here, which weakens content or spending",
                    hint: "it would stop requests; guard them behind or before the sidecar"
                )
            } else if !["prometheus", "prometheus_system"].contains(name) {
                sink.warn(
                    .noEffect,
                    item.mark,
                    "the callback \(name) has no effect here",
                    hint: "scrape /metrics and read the access log"
                )
            }
        }
    }

    /// LiteLLM's callbacks that stop requests instead of only looking at them.
    private static let guards: Set<String> = [
        "aporia", "azure_content_safety", "banned_keywords", "blocked_user_check",
        "detect_prompt_injection", "dynamic_rate_limiter", "dynamic_rate_limiter_v3",
        "google_text_moderation", "hide_secrets", "lakera_prompt_injection",
        "llamaguard_moderations", "llmguard_moderations", "max_budget_limiter",
        "openai_moderations", "presidio",
    ]

    mutating func finishCallbacks() {
        if !callbacks.isEmpty {
            config.settings[.callbacks] = .list(callbacks.map { .literal($0) })
        }
    }

    private static func isRedisSetting(_ name: String) -> Bool {
        name.hasPrefix("redis_") && KnownKey.find(.routerSettings, name) != nil
    }

    private mutating func redisSetting(_ entry: YAMLEntry) {
        if entry.value.isNull || entry.value.scalar?.text.isEmpty ?? false { return }
        let name = entry.key.text
        if name == "cache_kwargs" {
            if entry.value.entries == nil { wrong(entry.value, name, "a mapping") }
            for member in entry.value.entries ?? [] {
                redis.addMember(member.key.text, member.value)
            }
            return
        }
        let short = String(name.dropFirst("redis_".count))
        if short == "password", let secret = secret(entry.value, name) {
            redis.addMember(short, text: secret)
        } else if short != "password" {
            redis.addMember(short, entry.value)
        }
    }

    /// The Redis at which sidecars meet, where it is not that of the cache.
    mutating func coordinationRedis(_ entry: YAMLEntry, in section: KnownKey.Section) {
        check(mapping(entry), in: .coordinationRedis)
        guard entry.value.entries != nil else {
            config.settings[.coordinationRedis] = nil
            return
        }
        parameters([entry], in: section, into: &config.settings)
    }

    mutating func finishRedis() {
        if !redis.isEmpty { config.settings[.redis] = .json(redis.object()) }
    }

    /// `default_litellm_params`: request parameters for every call; credentials there would go to
    /// any upstream and are left out.
    private mutating func defaults(_ entry: YAMLEntry) {
        var builder = JSONPieces()
        for member in mapping(entry) where !member.value.isNull {
            if KnownKey.find(.litellmParams, member.key.text) == nil {
                builder.addMember(member.key.text, member.value)
            } else {
                sink.warn(
                    .noEffect,
                    member.keyMark,
                    "\(member.key.text) has no effect in default_litellm_params",
                    hint: "write it at the deployments that need it"
                )
            }
        }
        if !builder.isEmpty { config.settings[.defaultParameters] = .json(builder.pieces) }
    }

    private mutating func groupPolicies(_ entry: YAMLEntry) {
        for member in mapping(entry) {
            guard
                let value = value(
                    YAMLEntry(key: entry.key, keyMark: member.keyMark, value: member.value),
                    .retryPolicy,
                    .counts
                )
            else { continue }
            let model = Model(name: member.key.text, parameters: [.retryPolicy: value])
            config.groupParameters.append(Placed(model, at: member.keyMark))
        }
    }
}

/// Keys that everybody tries first.
package enum WeakKey {
    private static let known: Set<String> = [
        "sk-1234", "sk-12345", "sk-123456", "sk-1234567890", "1234", "sk-master-key", "sk-admin",
        "sk-litellm", "sk-password", "sk-secret", "sk-change-me", "sk-changeme", "sk-test",
    ]

    /// Whether a key is on the list of published examples, a placeholder, or shorter than 16 bytes.
    package static func isWeak(_ key: String) -> Bool {
        known.contains(key.lowercased()) || key.utf8.count < 16 || Placeholder.isPlaceholder(key)
    }
}
