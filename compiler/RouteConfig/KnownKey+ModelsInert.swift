/// Keys of `litellm_params` without effect here.
extension KnownKey {
    static let paramsWithoutEffect: [KnownKey] =
        inert(
            .litellmParams,
            "the client says whether it wants a stream",
            "stream"
        )
        + inert(
            .litellmParams,
            "this name is not LiteLLM's; the limits are rpm and tpm",
            "rpm_limit",
            "tpm_limit"
        )
        + inert(
            .litellmParams,
            "tokens of input and output are limited together, by tpm",
            "itpm",
            "otpm"
        )
        + inert(
            .litellmParams,
            "Sidegate has no inner client; use num_retries",
            "max_retries"
        )
        + inert(
            .litellmParams,
            "headers are not looked at; use tags",
            "tag_regex"
        )
        + guarded(.litellmParams, .spending, noBudgets, "max_budget")
        + guarded(.litellmParams, .content, noGuardrails, "guardrails")
        + inert(.litellmParams, noBudgets, "budget_duration")
        + inert(
            .litellmParams,
            "one timeout and one stream_timeout hold for all service tiers",
            "timeout_by_service_tier",
            "stream_timeout_by_service_tier"
        )
        + inert(
            .litellmParams,
            "fallbacks stand in router_settings",
            "fallbacks",
            "context_window_fallbacks"
        )
        + foreignCredentials(.litellmParams)
        + inert(
            .litellmParams,
            "routers that read the prompt are not offered",
            "auto_router_config_path",
            "auto_router_config",
            "auto_router_default_model",
            "auto_router_embedding_model",
            "complexity_router_config",
            "complexity_router_default_model",
            "adaptive_router_config",
            "quality_router_config"
        )
        + inert(
            .litellmParams,
            "LiteLLM's own inner working",
            "rust",
            "use_in_pass_through",
            "use_litellm_proxy",
            "use_chat_completions_api",
            "use_xai_oauth",
            "mock_timeout",
            "mock_tool_calls",
            "model_info",
            "api_type",
            "deployment_id",
            "azure_ad_token_provider",
            "litellm_trace_id",
            "cache_control_injection_points",
            "max_file_size_mb",
            "budget_reset_at",
            "allow_client_keepalive_override",
            "rate_limit_header",
            "prompt_id",
            "mode",
            "context_window",
            "show_in_models",
            "tool_call_parser",
            "metadata",
            "litellm_metadata",
            "caching",
            "cache",
            "num_ctx_fallback",
            "ssl_verify"
        )

    /// Credentials of providers that are not spoken.
    static func foreignCredentials(_ section: Section) -> [KnownKey] {
        inert(
            section,
            "Sidegate does not speak the API that needs it",
            "vertex_project",
            "vertex_location",
            "vertex_credentials",
            "vertex_ai_project",
            "vertex_ai_location",
            "vertex_ai_credentials",
            "tenant_id",
            "client_id",
            "client_secret",
            "azure_username",
            "azure_password",
            "azure_scope",
            "watsonx_region_name",
            "cf_account_id",
            "s3_bucket_name",
            "s3_region_name",
            "s3_access_key_id",
            "s3_secret_access_key",
            "s3_output_bucket_name",
            "s3_encryption_key_id",
            "aws_batch_role_arn",
            "aws_session_tags"
        )
    }
}
