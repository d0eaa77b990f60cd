internal import Cryptography
internal import RouteConfig
internal import RouteTable

/// Aliases, fallbacks, settings, keys, credentials and variables.
extension TableDifference {
    mutating func aliases() {
        let (before, after) = (old.contents.aliases, new.contents.aliases)
        for pair in Self.pairs(before, after, by: \.name) {
            switch (pair.old, pair.new) {
            case (nil, let place?):
                let alias = new.shown.aliases[place]
                tell([.aliasAdded], "alias \(alias.name)", "added, for \(Self.list(alias.targets))")
            case (let place?, nil):
                let alias = old.shown.aliases[place]
                tell(
                    [.aliasRemoved],
                    "alias \(alias.name)",
                    "removed, was for \(Self.list(alias.targets))"
                )
            case (let first?, let second?):
                let subject = "alias \(new.shown.aliases[second].name)"
                if before[first].targets != after[second].targets {
                    compare(
                        subject,
                        "targets",
                        Self.list(old.shown.aliases[first].targets),
                        Self.list(new.shown.aliases[second].targets),
                        kinds: [.aliasChanged]
                    )
                }
                compare(
                    subject,
                    "hidden",
                    String(before[first].isHidden),
                    String(after[second].isHidden),
                    kinds: [.aliasChanged]
                )
            case (nil, nil): break
            }
        }
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }

    mutating func fallbacks() {
        let (before, after) = (old.contents.fallbacks, new.contents.fallbacks)
        for pair in Self.pairs(before, after, by: { "\($0.model)\u{0}\($0.trigger.rawValue)" }) {
            switch (pair.old, pair.new) {
            case (nil, let place?):
                let rule = new.shown.fallbacks[place]
                tell([.fallbackAdded], Self.subject(rule), "added: \(Self.list(rule.targets))")
            case (let place?, nil):
                let rule = old.shown.fallbacks[place]
                tell([.fallbackRemoved], Self.subject(rule), "removed: \(Self.list(rule.targets))")
            case (let first?, let second?) where before[first].targets != after[second].targets:
                compare(
                    Self.subject(new.shown.fallbacks[second]),
                    "targets",
                    Self.list(old.shown.fallbacks[first].targets),
                    Self.list(new.shown.fallbacks[second].targets),
                    kinds: [.fallbackChanged]
                )
            default: break
            }
        }
    }

    private static func subject(_ rule: FallbackRule) -> String {
        let whose = rule.model == "*" ? "all models" : "model \(rule.model)"
        switch rule.trigger {
        case .anyFailure: return "fallbacks of \(whose)"
        case .contextWindow: return "context window fallbacks of \(whose)"
        case .contentPolicy: return "content policy fallbacks of \(whose)"
        }
    }

    // MARK: Settings

    mutating func settings() {
        let sections: [KnownKey.Section] = [
            .routerSettings, .generalSettings, .litellmSettings, .sidegate, .rateLimits,
            .sidegateCache, .cacheParams,
        ]
        // How the key is stored says little; whether there is one is told beside.
        func fields(_ side: Side) -> [SettingField] {
            // What these say is in `cache_params`, which is told as it stands.
            let derived = Set(KnownKey.parameters(of: .cacheParams).map(\.key))
            return SettingField.fields(
                side.contents.settings.filter { !derived.contains($0.key) },
                masked: side.shown.settings,
                in: sections
            )
        }
        compare("settings", fields(old), fields(new), kind: .settingChanged)
        openness()
    }

    /// Without any key everybody may call.
    private mutating func openness() {
        func isOpen(_ contents: TableContents) -> Bool {
            contents.settings[.masterKey] == nil && contents.settings[.masterKeyDigest] == nil
                && contents.virtualKeys.isEmpty
        }
        let (before, after) = (isOpen(old.contents), isOpen(new.contents))
        if before, !after {
            tell([.settingChanged, .accessNarrowed], "access", "a key is needed now")
        } else if after, !before {
            tell(
                [.settingChanged, .accessWidened],
                "access",
                "no key is configured any more: everybody may call"
            )
        }
    }

    mutating func environment() {
        let (before, after) = (old.contents.environment, new.contents.environment)
        for pair in Self.pairs(before, after, by: \.name) {
            let shown =
                pair.new.map { new.shown.environment[$0].name }
                ?? pair.old.map { old.shown.environment[$0].name } ?? ""
            let subject = "environment variable \(shown)"
            switch (pair.old, pair.new) {
            case (nil, _): tell([.environmentChanged], subject, "added")
            case (_, nil): tell([.environmentChanged], subject, "removed")
            case (let first?, let second?) where before[first].value != after[second].value:
                tell([.environmentChanged], subject, "changed")
            default: break
            }
        }
        // A reference may build on a variable that stands before it.
        let names = Set(before.map(\.name)).intersection(after.map(\.name))
        let order = before.map(\.name).filter(names.contains)
        if order != after.map(\.name).filter(names.contains) {
            tell([.environmentChanged], "environment variables", "stand in another order")
        }
    }
}
