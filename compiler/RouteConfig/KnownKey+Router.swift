internal import RouteTable

/// Keys of `router_settings` (LiteLLM §1.8).
extension KnownKey {
    static let routerSettings: [KnownKey] =
        handled(
            .routerSettings,
            [
                (
                    "routing_strategy", .strategy(isGroup: false),
                    "How a deployment of a group is chosen."
                ),
                ("routing_strategy_args", .arguments, "Arguments of the strategy."),
                ("routing_groups", .sections(.routingGroup), "Strategies of some models."),
                ("model_group_alias", .aliases, "Other names for models."),
                ("model_group_retry_policy", .policies, "Retry policies of single models."),
                (
                    "fallbacks", .fallbacks(isStrict: true),
                    "Groups to go on to after a failure of any kind."
                ),
                (
                    "context_window_fallbacks", .fallbacks(isStrict: false),
                    "Groups to go on to when a prompt is too long."
                ),
                (
                    "content_policy_fallbacks", .fallbacks(isStrict: false),
                    "Groups to go on to when a filter refuses."
                ),
                (
                    "default_fallbacks", .names,
                    "Groups to go on to where a model has no fallbacks of its own."
                ),
                ("redis_host", .any, "The Redis at which sidecars meet."),
                ("redis_port", .any, "Its port."),
                ("redis_password", .form(.secret), "Its password."),
                ("redis_url", .any, "The same as a URL."),
                ("redis_db", .any, "The number of its database."),
                ("redis_username", .any, "Its user."),
                ("redis_startup_nodes", .any, "Nodes of a cluster: a list of {host, port}."),
                ("redis_unix_socket_path", .any, "Its socket, in place of a host."),
                ("redis_client_name", .any, "What connections call themselves."),
                ("redis_socket_timeout", .any, "How long a command may take, in seconds."),
                ("redis_socket_connect_timeout", .any, "How long connecting may take, in seconds."),
                ("redis_ssl", .any, "Whether to speak TLS."),
                (
                    "redis_ssl_cert_reqs", .any,
                    "How far to check its certificate: required, optional or none."
                ),
                ("redis_ssl_ca_certs", .any, "The file of certificates to trust."),
                ("redis_ssl_ca_path", .any, "The folder of certificates to trust."),
                ("redis_ssl_certfile", .any, "The client's certificate."),
                ("redis_ssl_keyfile", .any, "The client's private key."),
                (
                    "redis_ssl_check_hostname", .any,
                    "Whether its certificate must have the host's name."
                ),
                (
                    "cache_kwargs", .mapping(isStrict: false),
                    "More settings of that Redis, by redis-py's names."
                ),
                (
                    "optional_pre_call_checks", .names,
                    "enforce_model_rate_limits makes limits of rpm and tpm."
                ),
                (
                    "default_litellm_params", .mapping(isStrict: true),
                    "Parameters of every request that does not have them."
                ),
            ]
        )
        + parameters(
            .routerSettings,
            [
                (
                    "num_retries", .numRetries, .integer,
                    "Retries of a group after an attempt that failed."
                ),
                (
                    "max_fallbacks", .maxFallbacks, .integer,
                    "How deep fallbacks of fallbacks are followed."
                ),
                ("retry_after", .retryAfterMS, .seconds, "The least wait before a retry."),
                ("timeout", .timeoutMS, .seconds, "How long an attempt may take."),
                (
                    "stream_timeout", .streamTimeoutMS, .seconds,
                    "Of a stream: how long until the first byte, and between two of them."
                ),
                ("retry_policy", .retryPolicy, .counts, "Retries by kind of failure."),
                (
                    "allowed_fails", .allowedFails, .integer,
                    "Failures within a minute after which a deployment cools down."
                ),
                (
                    "allowed_fails_policy", .allowedFailsPolicy, .counts,
                    "The same, by kind of failure."
                ),
                (
                    "cooldown_time", .cooldownMS, .seconds,
                    "How long a deployment cools down after failures; 0 is never."
                ),
                (
                    "disable_cooldowns", .areCooldownsDisabled, .bool,
                    "Keeps every deployment in use, whatever fails."
                ),
                (
                    "enable_pre_call_checks", .arePreCallChecksEnabled, .bool,
                    "Leaves deployments out whose max_input_tokens a prompt exceeds."
                ),
                (
                    "enable_tag_filtering", .isTagFilteringEnabled, .bool,
                    "Sends requests to deployments by tags."
                ),
                (
                    "tag_filtering_match_any", .tagMatchAny, .bool,
                    "Whether one common tag is enough, or all must be there."
                ),
                (
                    "default_max_parallel_requests", .parallelRequestsMax, .integer,
                    "Requests at one time of each deployment that does not say."
                ),
                (
                    "caching_groups", .cachingGroups, .json,
                    "Groups of models that share cached answers."
                ),
                (
                    "enable_health_check_routing", .isHealthCheckRoutingEnabled, .bool,
                    "Whether requests avoid what checks found ill."
                ),
                (
                    "health_check_staleness_threshold", .healthCheckStalenessMS, .seconds,
                    "How long the result of a check is believed."
                ),
            ]
        )
        + refused(
            .routerSettings,
            "LiteLLM stops at it; it belongs to general_settings",
            "health_check_interval",
            "health_check_concurrency"
        )
        + inert(
            .routerSettings,
            "LiteLLM's own inner working",
            "client_ttl",
            "set_verbose",
            "debug_level",
            "default_priority",
            "polling_interval",
            "ignore_invalid_deployments",
            "search_tools"
        )
        + guarded(.routerSettings, .content, noGuardrails, "guardrail_list")
        + inert(
            .routerSettings,
            "litellm_settings.cache turns the response cache on",
            "cache_responses"
        )
        + inert(
            .routerSettings,
            "tags are compared as they are written",
            "tag_routing_prefix"
        )
        + inert(
            .routerSettings,
            noAffinity,
            "deployment_affinity_ttl_seconds",
            "model_group_affinity_config"
        )
        + inert(
            .routerSettings,
            "a retry goes to another deployment of the group as long as there is one",
            "enable_weighted_failover"
        )
        + guarded(.routerSettings, .spending, noBudgets, "provider_budget_config")
        + inert(
            .routerSettings,
            "an answer 408 or 429 never says anything about health",
            "health_check_ignore_transient_errors"
        )

    /// Members of entries of `routing_groups` and `model_group_alias`.
    static let routingGroupKeys: [KnownKey] =
        handled(
            .routingGroup,
            [
                ("group_name", .name, "A label; under priority the name that can be asked for."),
                ("models", .models, "Models, by the names that model_list has."),
                (
                    "routing_strategy", .strategy(isGroup: true),
                    "A strategy, or priority: try the models in order."
                ),
                ("routing_strategy_args", .arguments, "Arguments of the strategy."),
                (
                    "model_priorities", .priorities,
                    "Under priority: each model's number, the lowest first."
                ),
            ]
        )
        + handled(
            .groupAlias,
            [
                ("model", .any, "The name that it stands for, or names to try in order."),
                ("hidden", .flag, "Keeps the alias out of /v1/models."),
            ]
        )
}
