/// Keys of `litellm_settings` without effect here.
extension KnownKey {
    static let litellmWithoutEffect: [KnownKey] =
        inert(
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
            "internal_user_budget_duration",
            "enable_redis_auth_cache",
            "disable_end_user_cost_tracking",
            "disable_end_user_cost_tracking_prometheus_only",
            "public_model_groups",
            "public_model_groups_links",
            "max_ui_session_budget",
            "require_auth_for_public_ai_hub",
            "user_url_validation"
        )
        + guarded(
            .litellmSettings,
            .spending,
            noKeyBudgets,
            "max_budget",
            "max_user_budget",
            "max_end_user_budget",
            "max_internal_user_budget",
            "tag_budget_config"
        )
        + inert(.litellmSettings, noKeyBudgets, "budget_duration", "budget_exceeded_status_code")
        + guarded(
            .litellmSettings,
            .content,
            noGuardrails,
            "guardrails",
            "blocked_user_list",
            "banned_keywords_list",
            "llm_guard_mode",
            "pre_call_rules",
            "post_call_rules"
        )
        + inert(
            .litellmSettings,
            "content guardrails, agents and tools are not offered",
            "mcp_aliases",
            "mcp_semantic_tool_filter",
            "websearch_interception_params",
            "enable_preview_features",
            "presidio_ad_hoc_recognizers",
            "guardrail_name_config_map"
        )
        + inert(
            .litellmSettings,
            "Python code cannot run here",
            "custom_provider_map"
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
}
