internal import RouteTable
internal import YAML

/// Aliases and fallbacks.
extension ConfigDecoder {
    /// A name, `{model, hidden}`, or a list of names to try in order.
    mutating func aliases(_ entry: YAMLEntry) {
        for member in mapping(entry) {
            var alias = Alias(name: member.key.text, targets: [])
            var node = member.value
            if let members = node.entries { check(members, in: .groupAlias) }
            if let model = node["model"] {
                if let hidden = node["hidden"], !hidden.isNull {
                    alias.isHidden = bool(hidden, "hidden") ?? false
                }
                node = model
            }
            let items = node.items ?? (node.isNull ? [] : [node])
            for item in items {
                if let text = item.scalar?.text, !text.isEmpty {
                    alias.targets.append(text)
                } else {
                    wrong(item, "an alias", "a name, a list of names or {model, hidden}")
                }
            }
            if alias.targets.isEmpty || alias.name.isEmpty {
                sink.warn(
                    .danglingTarget,
                    member.keyMark,
                    "the alias \(alias.name) names no model"
                )
                continue
            }
            config.aliases.append(Placed(alias, at: member.keyMark))
        }
    }

    private static let triggers: [String: FallbackRule.Trigger] = [
        "fallbacks": .anyFailure, "context_window_fallbacks": .contextWindow,
        "content_policy_fallbacks": .contentPolicy,
    ]

    /// The four kinds of fallbacks; those of `router_settings` replace `litellm_settings`' own.
    mutating func fallbacks(_ entry: YAMLEntry, in section: KnownKey.Section) {
        if entry.key.text == "default_fallbacks" { return defaultFallbacks(entry) }
        guard let trigger = Self.triggers[entry.key.text], !entry.value.isNull else { return }
        if section == .routerSettings, fallbackSections[trigger] == .litellmSettings {
            config.fallbacks.removeAll { $0.value.trigger == trigger && $0.value.model != "*" }
        }
        fallbackSections[trigger] = section
        for item in sequence(entry) { fallback(item, trigger, entry.key.text) }
    }

    private mutating func fallback(
        _ item: YAMLNode,
        _ trigger: FallbackRule.Trigger,
        _ name: String
    ) {
        guard let entries = item.entries, entries.count == 1, let entry = entries.first else {
            return badFallback(item, trigger, name)
        }
        var targets: [String] = []
        for target in entry.value.items ?? [entry.value] where !target.isNull {
            // A target may be `{model: name, …overrides}`; the overrides are for requests only.
            guard let text = (target["model"] ?? target).scalar?.text else {
                badFallback(target, trigger, name)
                continue
            }
            if !text.isEmpty { targets.append(text) }
        }
        if targets.isEmpty || entry.key.text.isEmpty { return }
        let rule = FallbackRule(trigger: trigger, model: entry.key.text, targets: targets)
        config.fallbacks.append(Placed(rule, at: entry.keyMark))
    }

    /// LiteLLM refuses odd forms in `fallbacks` and overlooks them in the two others.
    private func badFallback(_ node: YAMLNode, _ trigger: FallbackRule.Trigger, _ name: String) {
        let message = "an entry of \(name) must be a mapping from one model to a list of models"
        let hint = "- model: [first, second]"
        if trigger == .anyFailure {
            sink.error(.fallbackShape, node.mark, message, hint: hint)
        } else {
            sink.warn(.fallbackShape, node.mark, message + "; it is left out", hint: hint)
        }
    }

    private mutating func defaultFallbacks(_ entry: YAMLEntry) {
        guard !entry.value.isNull, let list = list(entry.value, entry.key.text) else { return }
        let targets = list.compactMap { text in
            if case .literal(let name) = text, !name.isEmpty { name } else { nil }
        }
        guard !targets.isEmpty else { return }
        config.fallbacks.removeAll { $0.value.model == "*" && $0.value.trigger == .anyFailure }
        let rule = FallbackRule(trigger: .anyFailure, model: "*", targets: targets)
        config.fallbacks.append(Placed(rule, at: entry.keyMark))
    }
}
