internal import RouteTable

/// Keys of `model_list` entries (LiteLLM §1.4 to §1.6).
extension KnownKey {
    static let modelKeys: [KnownKey] =
        rows(
            .modelEntry,
            .handled,
            "model_name",
            "litellm_params",
            "model_info",
            "rpm",
            "tpm"
        )
        + rows(
            .credential,
            .handled,
            "credential_name",
            "credential_values",
            "credential_info"
        )

    static let litellmParams: [KnownKey] =
        rows(
            .litellmParams,
            .handled,
            "model",
            "custom_llm_provider",
            "api_base",
            "base_url",
            "litellm_credential_name",
            "weight",
            "order",
            "organization",
            "mock_response"
        )
        + parameters(.litellmParams, credentialParameters + deploymentParameters)
        + inert(
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
        + inert(
            .litellmParams,
            noBudgets,
            "max_budget",
            "budget_duration"
        )
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
        + inert(
            .litellmParams,
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
            "guardrails",
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

    private static let credentialParameters: [(String, ParameterKey, Form)] = [
        ("api_key", .apiKey, .secret),
        ("api_version", .apiVersion, .text),
        ("azure_ad_token", .azureADToken, .secret),
        ("aws_access_key_id", .awsAccessKeyID, .secret),
        ("aws_secret_access_key", .awsSecretAccessKey, .secret),
        ("aws_session_token", .awsSessionToken, .secret),
        ("aws_region_name", .awsRegion, .text),
        ("aws_profile_name", .awsProfile, .text),
        ("aws_role_name", .awsRole, .text),
        ("aws_session_name", .awsSessionName, .text),
        ("aws_web_identity_token", .awsWebIdentityToken, .token),
        ("aws_sts_endpoint", .awsSTSEndpoint, .text),
        ("aws_external_id", .awsExternalID, .text),
        ("aws_bedrock_runtime_endpoint", .awsBedrockEndpoint, .text),
    ]

    private static let deploymentParameters: [(String, ParameterKey, Form)] = [
        ("timeout", .timeoutMS, .seconds),
        ("request_timeout", .requestTimeoutMS, .seconds),
        ("stream_timeout", .streamTimeoutMS, .seconds),
        ("num_retries", .numRetries, .integer),
        ("cooldown_time", .cooldownMS, .seconds),
        ("rpm", .requestsPerMinute, .integer),
        ("tpm", .tokensPerMinute, .integer),
        ("default_api_key_rpm_limit", .defaultKeyRequestsPerMinute, .integer),
        ("default_api_key_tpm_limit", .defaultKeyTokensPerMinute, .integer),
        ("max_parallel_requests", .parallelRequestsMax, .integer),
        ("tags", .tags, .list),
        ("input_cost_per_token", .inputPrice, .dollars),
        ("output_cost_per_token", .outputPrice, .dollars),
        ("cache_read_input_token_cost", .cacheReadPrice, .dollars),
        ("cache_creation_input_token_cost", .cacheWritePrice, .dollars),
        ("output_cost_per_reasoning_token", .reasoningPrice, .dollars),
        ("extra_headers", .extraHeaders, .pairs),
        ("headers", .extraHeaders, .pairs),
        ("extra_body", .extraBody, .members),
        ("drop_params", .dropParams, .bool),
        ("additional_drop_params", .additionalDropParams, .list),
        ("allowed_openai_params", .allowedOpenAIParams, .list),
        ("configurable_clientside_auth_params", .clientsideAuthParams, .list),
        ("merge_reasoning_content_in_choices", .mergeReasoningContent, .bool),
        ("base_model", .baseModel, .text),
        ("region_name", .region, .text),
        ("keepalive_seconds", .keepaliveMS, .seconds),
    ]

    /// Anything else in `model_info` is kept for `/model/info`, so nothing is unknown there.
    static let modelInfo: [KnownKey] =
        rows(.modelInfo, .handled, "id")
        + parameters(
            .modelInfo,
            [
                ("mode", .mode, .text),
                ("base_model", .baseModel, .text),
                ("max_tokens", .maxTokens, .integer),
                ("max_input_tokens", .maxInputTokens, .integer),
                ("max_output_tokens", .maxOutputTokens, .integer),
                ("input_cost_per_token", .inputPrice, .dollars),
                ("output_cost_per_token", .outputPrice, .dollars),
                ("cache_read_input_token_cost", .cacheReadPrice, .dollars),
                ("cache_creation_input_token_cost", .cacheWritePrice, .dollars),
                ("output_cost_per_reasoning_token", .reasoningPrice, .dollars),
                ("access_groups", .accessGroups, .list),
                ("blocked", .isBlocked, .bool),
                ("health_check_model", .healthCheckModel, .text),
                ("health_check_timeout", .healthCheckTimeoutMS, .seconds),
                ("disable_background_health_check", .isHealthCheckDisabled, .bool),
                ("cooldown_time", .cooldownMS, .seconds),
                ("allowed_fails", .allowedFails, .integer),
                ("allowed_fails_policy", .allowedFailsPolicy, .counts),
            ]
        )
        + inert(
            .modelInfo,
            "a table has one environment; compile one for each",
            "supported_environments"
        )
        + inert(
            .modelInfo,
            "who may use a model stands at the keys: sidegate.keys[].models",
            "team_id"
        )
        + inert(
            .modelInfo,
            "it holds for all models, in router_settings",
            "enable_tag_filtering"
        )
        + inert(
            .modelInfo,
            "without a match a request goes to deployments tagged default, or is refused",
            "allow_fail_open"
        )
}
