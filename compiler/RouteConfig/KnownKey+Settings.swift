internal import RouteTable

/// Keys of the sections of settings (LiteLLM §1.1, §1.7 to §1.9) and of `sidegate:`.
extension KnownKey {
    static let rootKeys: [KnownKey] =
        rows(
            .root,
            .handled,
            "model_list",
            "litellm_settings",
            "router_settings",
            "general_settings",
            "environment_variables",
            "credential_list",
            "include",
            "sidegate"
        )
        + inert(
            .root,
            "content guardrails and prompts are not offered",
            "guardrails",
            "prompts",
            "policies",
            "policy_attachments"
        )
        + inert(
            .root,
            "agents and tools are not offered",
            "mcp_servers",
            "mcp_tools",
            "agents",
            "vector_store_registry",
            "search_tools",
            "sandbox_tools",
            "vector_store_index"
        )
        + inert(
            .root,
            "files, batches, assistants and fine-tuning are not offered",
            "files_settings",
            "finetune_settings",
            "assistant_settings"
        )
        + inert(
            .root,
            "Sidegate does not speak the API that needs it",
            "default_vertex_config"
        )
        + inert(
            .root,
            "logging callbacks are not offered; scrape /metrics and read the access log",
            "callback_settings"
        )

    static let routerSettings: [KnownKey] =
        rows(
            .routerSettings,
            .handled,
            "routing_strategy",
            "routing_strategy_args",
            "routing_groups",
            "model_group_alias",
            "model_group_retry_policy",
            "fallbacks",
            "context_window_fallbacks",
            "content_policy_fallbacks",
            "default_fallbacks",
            "redis_host",
            "redis_port",
            "redis_password",
            "redis_url",
            "redis_db",
            "redis_username",
            "redis_startup_nodes",
            "redis_unix_socket_path",
            "redis_client_name",
            "redis_socket_timeout",
            "redis_socket_connect_timeout",
            "redis_ssl",
            "redis_ssl_cert_reqs",
            "redis_ssl_ca_certs",
            "redis_ssl_ca_path",
            "redis_ssl_certfile",
            "redis_ssl_keyfile",
            "redis_ssl_check_hostname",
            "cache_kwargs",
            "optional_pre_call_checks",
            "default_litellm_params"
        )
        + parameters(
            .routerSettings,
            [
                ("num_retries", .numRetries, .integer),
                ("max_fallbacks", .maxFallbacks, .integer),
                ("retry_after", .retryAfterMS, .seconds),
                ("timeout", .timeoutMS, .seconds),
                ("stream_timeout", .streamTimeoutMS, .seconds),
                ("retry_policy", .retryPolicy, .counts),
                ("allowed_fails", .allowedFails, .integer),
                ("allowed_fails_policy", .allowedFailsPolicy, .counts),
                ("cooldown_time", .cooldownMS, .seconds),
                ("disable_cooldowns", .areCooldownsDisabled, .bool),
                ("enable_pre_call_checks", .arePreCallChecksEnabled, .bool),
                ("enable_tag_filtering", .isTagFilteringEnabled, .bool),
                ("tag_filtering_match_any", .tagMatchAny, .bool),
                ("default_max_parallel_requests", .parallelRequestsMax, .integer),
                ("caching_groups", .cachingGroups, .json),
                ("enable_health_check_routing", .isHealthCheckRoutingEnabled, .bool),
                ("health_check_staleness_threshold", .healthCheckStalenessMS, .seconds),
            ]
        )
        + rows(
            .routerSettings,
            .refused("LiteLLM stops at it; it belongs to general_settings"),
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
            "search_tools",
            "guardrail_list"
        )
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
        + inert(
            .routerSettings,
            noBudgets,
            "provider_budget_config"
        )
        + inert(
            .routerSettings,
            "an answer 408 or 429 never says anything about health",
            "health_check_ignore_transient_errors"
        )
        + rows(
            .routingGroup,
            .handled,
            "group_name",
            "models",
            "routing_strategy",
            "routing_strategy_args",
            "model_priorities"
        )

    /// Why requests are not pinned, and what does nearly the same.
    static let noAffinity =
        "requests are not pinned; routing_strategy: prefix-affinity keeps alike prompts together"
    /// Why a budget does nothing.
    static let noBudgets = "spending is not counted here, so no budget ends a deployment's use"

    static let sidegateKeys: [KnownKey] =
        rows(
            .sidegate,
            .handled,
            "keys",
            "master_key_hash",
            "limits",
            "users",
            "teams",
            "rate_limits",
            "cache",
            "media_hosts",
            "private_media_hosts"
        )
        + parameters(
            .sidegate,
            [("name", .rolloutName, .text), ("share_routing", .sharesRouting, .bool)]
        )
        + rows(.virtualKey, .handled, "hash", "key", "models", "expires")
        + rows(
            .virtualKey,
            .handled,
            "rpm",
            "rpm_limit",
            "tpm",
            "tpm_limit",
            "max_parallel_requests",
            "model_rpm_limit",
            "model_tpm_limit"
        )
        + parameters(
            .rateLimits,
            [("mode", .rateLimitMode, .text), ("namespace", .rateLimitNamespace, .text)]
        )
        + rows(
            .sharedLimits,
            .handled,
            "rpm",
            "rpm_limit",
            "tpm",
            "tpm_limit",
            "max_parallel_requests"
        )
        + parameters(
            .virtualKey,
            [
                ("alias", .keyAlias, .text),
                ("blocked", .keyIsBlocked, .bool),
                ("user", .keyUser, .text),
                ("team", .keyTeam, .text),
                ("metadata", .keyMetadata, .json),
                ("max_budget", .maxBudget, .dollars),
                ("soft_budget", .softBudget, .dollars),
                ("budget_duration", .budgetDuration, .text),
            ]
        )
}
