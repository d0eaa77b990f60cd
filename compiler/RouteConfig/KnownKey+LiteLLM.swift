internal import RouteTable

/// Keys of `litellm_settings` and `general_settings` (LiteLLM §1.7, §1.9).
extension KnownKey {
    static let litellmSettings: [KnownKey] =
        rows(
            .litellmSettings,
            .handled,
            "fallbacks",
            "context_window_fallbacks",
            "content_policy_fallbacks",
            "default_fallbacks",
            "callbacks",
            "success_callback",
            "failure_callback",
            "service_callback",
            "service_callbacks",
            "model_group_settings"
        )
        + parameters(
            .litellmSettings,
            [
                ("drop_params", .dropParams, .bool),
                ("modify_params", .modifyParams, .bool),
                ("num_retries", .numRetries, .integer),
                ("request_timeout", .requestTimeoutMS, .seconds),
                ("max_fallbacks", .maxFallbacks, .integer),
                ("allowed_fails", .allowedFails, .integer),
                ("ssl_verify", .verifyTLS, .bool),
                ("cache", .cacheEnabled, .bool),
                ("cache_params", .cache, .json),
                ("turn_off_message_logging", .turnOffMessageLogging, .bool),
                ("prometheus_latency_buckets", .latencyBuckets, .json),
                ("custom_prometheus_metadata_labels", .customMetricLabels, .list),
                ("require_auth_for_metrics_endpoint", .requireAuthForMetrics, .bool),
                ("max_budget", .maxBudget, .dollars),
                ("budget_duration", .budgetDuration, .text),
                ("budget_exceeded_status_code", .budgetExceededStatus, .integer),
                ("forward_client_headers_to_llm_api", .forwardClientHeaders, .bool),
            ]
        )
        + inert(
            .litellmSettings,
            "Sidegate has its own logs",
            "set_verbose",
            "json_logs",
            "log_level",
            "log_raw_request_response",
            "suppress_debug_info",
            "redact_messages_in_exceptions",
            "redact_user_api_key_info",
            "disable_streaming_logging",
            "telemetry",
            "timezone",
            "print_verbose",
            "expose_router_debug_in_errors",
            "return_response_headers"
        )
        + inert(
            .litellmSettings,
            "logging callbacks are not offered; scrape /metrics",
            "input_callback",
            "audit_log_callbacks",
            "store_audit_logs",
            "callback_settings",
            "langfuse_default_tags",
            "s3_callback_params",
            "datadog_params",
            "gcs_pub_sub_use_v1",
            "custom_prometheus_tags",
            "prometheus_metrics_config",
            "prometheus_initialize_budget_metrics",
            "prometheus_emit_stream_label",
            "enable_end_user_cost_tracking_prometheus_only",
            "generic_logger_headers"
        )
        + inert(
            .litellmSettings,
            "requests pass through unchanged",
            "add_function_to_prompt",
            "enable_json_schema_validation",
            "disable_hf_tokenizer_download",
            "disable_token_counter",
            "drop_prompts",
            "use_chat_completions_url_for_anthropic_messages",
            "reasoning_auto_summary",
            "include_cost_in_streaming_usage",
            "overwrite_user_with_key_hash",
            "disable_add_transform_inline_image_block",
            "provider_specific_header",
            "use_responses_api",
            "responses_api_bridge_enabled"
        )
        + inert(
            .litellmSettings,
            "other names for models stand in router_settings.model_group_alias",
            "model_alias_map"
        )
        + inert(
            .litellmSettings,
            "Sidegate has no inner client; use num_retries",
            "max_retries"
        )
        + inert(
            .litellmSettings,
            "give it as model_info.health_check_timeout",
            "health_check_timeout"
        )
        + inert(
            .litellmSettings,
            "give deployments max_parallel_requests, or all of them "
                + "router_settings.default_max_parallel_requests",
            "max_parallel_requests"
        )
        + inert(
            .litellmSettings,
            "keys, teams and users live in LiteLLM's database; see sidegate.keys",
            "default_team_settings",
            "default_team_params",
            "default_internal_user_params",
            "upperbound_key_generate_params",
            "default_key_generate_params",
            "key_generation_settings",
            "max_internal_user_budget",
            "internal_user_budget_duration",
            "max_end_user_budget",
            "max_user_budget",
            "enable_redis_auth_cache",
            "disable_end_user_cost_tracking",
            "disable_end_user_cost_tracking_prometheus_only",
            "tag_budget_config",
            "public_model_groups",
            "public_model_groups_links",
            "max_ui_session_budget",
            "require_auth_for_public_ai_hub",
            "user_url_validation"
        )
        + inert(
            .litellmSettings,
            "content guardrails, agents and tools are not offered",
            "guardrails",
            "mcp_aliases",
            "mcp_semantic_tool_filter",
            "websearch_interception_params",
            "blocked_user_list",
            "banned_keywords_list",
            "llm_guard_mode",
            "enable_preview_features",
            "presidio_ad_hoc_recognizers",
            "guardrail_name_config_map"
        )
        + inert(
            .litellmSettings,
            "Python code cannot run here",
            "custom_provider_map",
            "post_call_rules",
            "pre_call_rules"
        )
        + inert(
            .litellmSettings,
            "how long answers are kept stands in cache_params",
            "default_in_memory_ttl",
            "default_redis_ttl",
            "default_redis_batch_cache_expiry"
        )
        + inert(
            .litellmSettings,
            "every member of a request that is forwarded counts in the cache anyway",
            "enable_caching_on_provider_specific_optional_params"
        )
        + inert(
            .litellmSettings,
            "not offered",
            "force_ipv4",
            "ssl_certificate",
            "ssl_security_level",
            "aiohttp_trust_env",
            "disable_aiohttp_transport",
            "cost_discount_config",
            "cost_margin_config",
            "max_user_parallel_requests",
            "network_mock",
            "image_generation_model",
            "cache_kwargs",
            "default_model",
            "stream"
        )

    static let generalSettings: [KnownKey] =
        rows(.generalSettings, .handled, "master_key")
        + parameters(
            .generalSettings,
            [
                ("completion_model", .forcedChatModel, .text),
                ("embedding_model", .forcedEmbeddingModel, .text),
                ("image_generation_model", .forcedImageModel, .text),
                ("moderation_model", .forcedModerationModel, .text),
                ("litellm_key_header_name", .keyHeaderName, .text),
                ("global_max_parallel_requests", .globalParallelRequestsMax, .integer),
                ("max_request_size_mb", .requestBytesMax, .mebibytes),
                ("max_response_size_mb", .responseBytesMax, .mebibytes),
                ("max_in_flight_requests_per_worker", .inFlightRequestsMax, .integer),
                ("max_queued_requests_per_worker", .queuedRequestsMax, .integer),
                ("allow_client_side_credentials", .allowClientCredentials, .bool),
                ("forward_client_headers_to_llm_api", .forwardClientHeaders, .bool),
                ("forward_openai_org_id", .forwardOpenAIOrganization, .bool),
                ("always_include_stream_usage", .alwaysIncludeStreamUsage, .bool),
                ("token_rate_limit_type", .tokenRateLimitType, .text),
                ("fail_closed_rate_limit_enforcement", .failClosedRateLimits, .bool),
                ("background_health_checks", .backgroundHealthChecks, .bool),
                ("health_check_interval", .healthCheckIntervalMS, .seconds),
                ("health_check_concurrency", .healthCheckConcurrency, .integer),
                ("enable_health_check_routing", .isHealthCheckRoutingEnabled, .bool),
                ("health_check_staleness_threshold", .healthCheckStalenessMS, .seconds),
                ("pass_through_endpoints", .passThroughEndpoints, .json),
            ]
        )
        + inert(
            .generalSettings,
            "a client that leaves always ends its request upstream",
            "cancel_on_disconnect"
        )
        + inert(
            .generalSettings,
            "sidecars that share a Redis share their checks, unless share_routing is false",
            "use_shared_health_check"
        )
        + inert(
            .generalSettings,
            "an answer 408 or 429 never says anything about health",
            "health_check_ignore_transient_errors"
        )
        + inert(
            .generalSettings,
            "the limit of the process is global_max_parallel_requests",
            "max_parallel_requests"
        )
        + inert(
            .generalSettings,
            "Sidegate has no database; keys stand under sidegate.keys",
            "database_url",
            "database_connection_pool_limit",
            "database_connection_timeout",
            "database_socket_timeout",
            "database_extra_connection_params",
            "store_model_in_db",
            "allow_requests_on_db_unavailable",
            "user_api_key_cache_ttl",
            "disable_spend_logs",
            "disable_spend_updates",
            "disable_error_logs",
            "proxy_batch_write_at",
            "store_prompts_in_spend_logs",
            "maximum_spend_logs_retention_period",
            "maximum_spend_logs_retention_interval",
            "use_redis_transaction_buffer",
            "disable_prisma_schema_update",
            "supported_db_objects",
            "disable_adding_master_key_hash_to_db",
            "proxy_budget_rescheduler_min_time",
            "proxy_budget_rescheduler_max_time",
            "max_budget",
            "budget_duration",
            "max_internal_user_budget",
            "internal_user_budget_duration",
            "spend_report_frequency",
            "role_permissions",
            "disable_reset_budget",
            "custom_key_generate",
            "custom_key_update",
            "default_team_disabled",
            "upperbound_key_generate_params"
        )
        + inert(
            .generalSettings,
            "access by other means than keys is not offered; use sidegate.keys",
            "custom_auth",
            "custom_auth_settings",
            "custom_auth_run_common_checks",
            "enable_post_custom_auth_checks",
            "allow_user_auth",
            "enable_jwt_auth",
            "litellm_jwtauth",
            "enable_oauth2_auth",
            "enable_oauth2_proxy_auth",
            "oauth2_config_mappings",
            "custom_sso",
            "custom_ui_sso_sign_in_handler",
            "public_routes",
            "admin_only_routes",
            "allowed_routes",
            "allowed_ips",
            "blocked_ips",
            "use_x_forwarded_for",
            "user_header_name",
            "user_header_mappings",
            "enforce_user_param",
            "enforced_params",
            "reject_clientside_metadata_tags",
            "require_key_mcp_access_defined",
            "dangerously_permit_weak_or_unset_master_key",
            "service_account_settings",
            "disable_master_key_return",
            "pass_through_request_timeout",
            "forward_llm_provider_auth_headers"
        )
        + inert(
            .generalSettings,
            "LiteLLM's user interface is not part of Sidegate",
            "ui_access_mode",
            "auto_redirect_ui_login_to_sso",
            "proxy_base_url",
            "litellm_license",
            "control_plane_url",
            "enable_public_model_hub",
            "ui_settings",
            "store_favorites"
        )
        + inert(
            .generalSettings,
            "alerts come from your metrics",
            "alerting",
            "alerting_threshold",
            "alerting_args",
            "alert_types",
            "alert_type_config",
            "alert_to_webhook_url"
        )
        + inert(
            .generalSettings,
            "references are os.environ/NAME and file:/path; mount your secrets",
            "key_management_system",
            "key_management_settings",
            "use_google_kms",
            "use_azure_key_vault"
        )
        + inert(
            .generalSettings,
            "not offered",
            "health_check_details",
            "enable_drain_endpoint",
            "drain_endpoint_token",
            "infer_model_from_keys",
            "otel",
            "custom_url",
            "block_robots",
            "mcp_client_side_auth_header_name",
            "store_prompts_in_cold_storage",
            "enable_azure_key_vault",
            "disable_llm_api_endpoints"
        )
}
