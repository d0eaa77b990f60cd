/// Keys of `general_settings` without effect here.
extension KnownKey {
    static let generalWithoutEffect: [KnownKey] =
        inert(
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
            "budget_duration",
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
            "custom_auth_settings",
            "custom_auth_run_common_checks",
            "enable_post_custom_auth_checks",
            "allow_user_auth",
            "litellm_jwtauth",
            "oauth2_config_mappings",
            "custom_sso",
            "custom_ui_sso_sign_in_handler",
            "public_routes",
            "use_x_forwarded_for",
            "user_header_name",
            "user_header_mappings",
            "require_key_mcp_access_defined",
            "dangerously_permit_weak_or_unset_master_key",
            "service_account_settings",
            "disable_master_key_return",
            "pass_through_request_timeout",
            "forward_llm_provider_auth_headers"
        )
        + guarded(
            .generalSettings,
            .access,
            "access by other means than keys is not offered; use sidegate.keys",
            "custom_auth",
            "enable_jwt_auth",
            "enable_oauth2_auth",
            "enable_oauth2_proxy_auth"
        )
        + guarded(
            .generalSettings,
            .access,
            "addresses and paths are not told apart here; use a network policy",
            "allowed_ips",
            "blocked_ips",
            "allowed_routes",
            "disable_llm_api_endpoints"
        )
        + guarded(
            .generalSettings,
            .spending,
            noKeyBudgets,
            "max_budget",
            "max_internal_user_budget"
        )
        + inert(
            .generalSettings,
            "what a request must or must not hold is not checked here",
            "enforce_user_param",
            "enforced_params",
            "reject_clientside_metadata_tags"
        )
        + inert(.generalSettings, "there are no routes for administrators", "admin_only_routes")
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
            "enable_azure_key_vault"
        )
}
