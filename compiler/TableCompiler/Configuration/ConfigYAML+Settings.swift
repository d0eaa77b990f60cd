internal import Cryptography
internal import RouteConfig
internal import RouteTable

/// Settings of the whole table, each in the first section that can hold it.
extension ConfigYAML {
    private var settings: ParameterSet { contents.settings }

    func litellmSettings() -> YAMLTree {
        var members = section(.litellmSettings, settings) { !Self.isOfRouter($0) }
        if case .list(let names)? = settings[.callbacks] {
            members.append(("callbacks", .list(names.map(parameters.text))))
        }
        if case .list(let models)? = settings[.forwardHeadersModels] {
            let list = YAMLTree.list(models.map(parameters.text))
            members.append(
                ("model_group_settings", .mapping([("forward_client_headers_to_llm_api", list)]))
            )
        }
        return .mapping(members)
    }

    func routerSettings() -> YAMLTree {
        var members = section(.routerSettings, settings)
        if case .text(let strategy)? = settings[.strategy] {
            members.append(("routing_strategy", parameters.text(strategy)))
        }
        if case .json(let pieces)? = settings[.strategyArguments] {
            members.append(("routing_strategy_args", parameters.json(pieces)))
        }
        if case .list(let checks)? = settings[.optionalPreCallChecks] {
            members.append(("optional_pre_call_checks", .list(checks.map(parameters.text))))
        }
        if case .json(let pieces)? = settings[.defaultParameters] {
            members.append(("default_litellm_params", .mapping(parameters.members(pieces))))
        }
        members += redis() + routingGroups() + retryPolicies() + aliases() + fallbacks()
        return .mapping(members)
    }

    func generalSettings() -> YAMLTree {
        var members = section(.generalSettings, settings) { key in
            !Self.isOfRouter(key) && !Self.isOf(.litellmSettings, key)
        }
        if case .text(let key)? = settings[.masterKey] {
            members.append(("master_key", parameters.text(key)))
        }
        return .mapping(members)
    }

    private static func isOfRouter(_ key: ParameterKey) -> Bool { isOf(.routerSettings, key) }

    private static func isOf(_ section: KnownKey.Section, _ key: ParameterKey) -> Bool {
        KnownKey.parameters(of: section).contains { $0.key == key }
    }

    // MARK: The router's

    /// `cache_kwargs` holds any setting of Redis; those with a name of their own stand under it,
    /// as far as the order of all can be kept.
    private func redis() -> [(String, YAMLTree)] {
        guard case .json(let pieces)? = settings[.redis] else { return [] }
        let named = ["host", "port", "password", "url", "db"]
        let all = parameters.members(pieces)
        func isNamed(_ place: Int) -> Bool {
            let name = all[place].0
            // Of two with one name the first came with the others.
            guard named.contains(name), all.lastIndex(where: { $0.0 == name }) == place else {
                return false
            }
            switch all[place].1 {
            case .text(let text): return !text.isEmpty
            case .plain(let word): return word != "null"
            case .list, .mapping: return false
            }
        }
        guard let first = all.indices.first(where: { !isNamed($0) }),
            let last = all.indices.last(where: { !isNamed($0) })
        else { return all.map { ("redis_" + $0.0, $0.1) } }
        return all[..<first].map { ("redis_" + $0.0, $0.1) }
            + [("cache_kwargs", .mapping(Array(all[first...last])))]
            + all[(last + 1)...].map { ("redis_" + $0.0, $0.1) }
    }

    /// A group for each model with a strategy of its own: its name is a label only.
    private func routingGroups() -> [(String, YAMLTree)] {
        let groups: [YAMLTree] = contents.models.compactMap { model in
            guard case .text(let strategy)? = model.parameters[.strategy] else { return nil }
            var members: [(String, YAMLTree)] = [
                ("group_name", .text(model.name)), ("models", .list([.text(model.name)])),
                ("routing_strategy", parameters.text(strategy)),
            ]
            if case .json(let pieces)? = model.parameters[.strategyArguments] {
                let arguments = parameters.json(pieces)
                if !arguments.isEmpty { members.append(("routing_strategy_args", arguments)) }
            }
            return .mapping(members)
        }
        return groups.isEmpty ? [] : [("routing_groups", .list(groups))]
    }

    private func retryPolicies() -> [(String, YAMLTree)] {
        let policies: [(String, YAMLTree)] = contents.models.compactMap { model in
            model.parameters[.retryPolicy].flatMap { parameters.value($0, .counts) }
                .map { (model.name, $0) }
        }
        return policies.isEmpty ? [] : [("model_group_retry_policy", .mapping(policies))]
    }

    private func aliases() -> [(String, YAMLTree)] {
        let aliases: [(String, YAMLTree)] = contents.aliases.map { alias in
            let targets =
                alias.targets.count == 1
                ? YAMLTree.text(alias.targets[0]) : .list(alias.targets.map { .text($0) })
            let value: YAMLTree =
                alias.isHidden
                ? .mapping([("model", targets), ("hidden", .plain("true"))]) : targets
            return (alias.name, value)
        }
        return aliases.isEmpty ? [] : [("model_group_alias", .mapping(aliases))]
    }

    private func fallbacks() -> [(String, YAMLTree)] {
        let kinds: [(FallbackRule.Trigger, String)] = [
            (.anyFailure, "fallbacks"), (.contextWindow, "context_window_fallbacks"),
            (.contentPolicy, "content_policy_fallbacks"),
        ]
        return kinds.compactMap { trigger, name in
            let rules: [YAMLTree] = contents.fallbacks.filter { $0.trigger == trigger }.map {
                rule in
                .mapping([(rule.model, .list(rule.targets.map { .text($0) }))])
            }
            return rules.isEmpty ? nil : (name, .list(rules))
        }
    }

    // MARK: The section of our own

    func sidegate() -> YAMLTree {
        var members = section(.sidegate, settings)
        if case .digest(let digest)? = settings[.masterKeyDigest], parameters.revealsSecrets {
            members.append(("master_key_hash", .text(Hex.encode(digest))))
        }
        func add(_ name: String, _ value: YAMLTree) {
            if !value.isEmpty { members.append((name, value)) }
        }
        for (name, key) in [
            ("limits", ParameterKey.sidegateLimits), ("users", .users), ("teams", .teams),
        ] {
            if case .json(let pieces)? = settings[key] { add(name, parameters.json(pieces)) }
        }
        for (name, key) in [
            ("media_hosts", ParameterKey.mediaHosts), ("private_media_hosts", .privateMediaHosts),
        ] {
            if case .list(let hosts)? = settings[key] {
                add(name, .list(hosts.map(parameters.text)))
            }
        }
        add("rate_limits", .mapping(section(.rateLimits, settings)))
        add("cache", .mapping(section(.sidegateCache, settings)))
        add("keys", .list(contents.virtualKeys.map(virtualKey)))
        return .mapping(members)
    }
}
