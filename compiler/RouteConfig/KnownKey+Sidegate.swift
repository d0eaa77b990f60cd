internal import RouteTable

/// Keys of the `sidegate:` section.
extension KnownKey {
    static let sidegateKeys: [KnownKey] =
        handled(
            .sidegate,
            [
                (
                    "keys", .sections(.virtualKey),
                    "Virtual keys, what each may use, and how much of it."
                ),
                (
                    "master_key_hash", .digest,
                    "The SHA-256 of the master key, in place of general_settings.master_key."
                ),
                ("limits", .section(.limits), "Limits of the sidecar."),
                ("users", .named(.sharedLimits), "Limits that all keys of a user share."),
                ("teams", .named(.sharedLimits), "Limits that all keys of a team share."),
                ("rate_limits", .section(.rateLimits), "How limits are shared among sidecars."),
                (
                    "cache", .section(.sidegateCache),
                    "Sizes, tenants and secret of the response cache."
                ),
                (
                    "media_hosts", .hosts,
                    "Hosts that images and files of requests are fetched from."
                ),
                (
                    "private_media_hosts", .hosts,
                    "The same, where the hosts may have private addresses."
                ),
            ]
        )
        + parameters(
            .sidegate,
            [
                ("name", .rolloutName, .text, "The roll-out's name, in metrics."),
                (
                    "share_routing", .sharesRouting, .bool,
                    "Whether sidecars at one Redis share cooldowns and counts, not only limits."
                ),
            ]
        )
        + handled(
            .virtualKey,
            [
                ("hash", .key, "The SHA-256 of the key."),
                ("key", .key, "The same; a key itself is taken too, with a warning."),
                (
                    "models", .names,
                    "Models, patterns and access groups that it may use; all without it."
                ),
                ("expires", .date, "When the key ends."),
            ]
        )
        + handled(
            .virtualKey,
            [
                ("rpm", .limit, "Requests a minute."),
                ("rpm_limit", .limit, "The same as rpm."),
                ("tpm", .limit, "Tokens a minute."),
                ("tpm_limit", .limit, "The same as tpm."),
                ("max_parallel_requests", .limit, "Requests at one time."),
                ("model_rpm_limit", .limitsByModel, "Requests a minute, by model."),
                ("model_tpm_limit", .limitsByModel, "Tokens a minute, by model."),
            ]
        )
        + parameters(
            .rateLimits,
            [
                (
                    "mode", .rateLimitMode, .word(["exact", "lease", "local"]),
                    "How exactly shared limits are kept; see limits."
                ),
                (
                    "namespace", .rateLimitNamespace, .text,
                    "Sets the limits of this roll-out apart from others' at one Redis."
                ),
            ]
        )
        + handled(
            .sharedLimits,
            [
                ("rpm", .limit, "Requests a minute."),
                ("rpm_limit", .limit, "The same as rpm."),
                ("tpm", .limit, "Tokens a minute."),
                ("tpm_limit", .limit, "The same as tpm."),
                ("max_parallel_requests", .limit, "Requests at one time."),
            ]
        )
        + parameters(
            .virtualKey,
            [
                ("alias", .keyAlias, .text, "The key's name in logs and metrics."),
                ("blocked", .keyIsBlocked, .bool, "Refuses the key."),
                ("user", .keyUser, .text, "Whose key it is."),
                ("team", .keyTeam, .text, "The team whose limits it shares."),
                (
                    "metadata", .keyMetadata, .json,
                    "Members for metrics' labels; tags in it are those of all its requests."
                ),
            ]
        )
        + guarded(.virtualKey, .spending, noKeyBudgets, "max_budget", "model_max_budget")
        + inert(.virtualKey, noKeyBudgets, "soft_budget", "budget_duration")
        + LimitName.allCases.map { name in
            KnownKey(
                section: .limits,
                name: name.rawValue,
                fate: .handled,
                shape: .range(name.range),
                summary: name.summary
            )
        }
}
