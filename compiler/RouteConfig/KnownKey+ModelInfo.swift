internal import RouteTable

/// Keys of `model_info` (LiteLLM §1.6).
extension KnownKey {
    /// Anything else in `model_info` is kept for `/model/info`, so nothing is unknown there.
    static let modelInfo: [KnownKey] =
        handled(
            .modelInfo,
            [
                (
                    "id", .string(isStrict: false),
                    "The deployment's identifier, in metrics, headers and requests."
                )
            ]
        )
        + parameters(
            .modelInfo,
            [
                (
                    "mode", .mode, .text,
                    "What the model does: chat, embedding, image_generation and so on."
                ),
                (
                    "base_model", .baseModel, .text,
                    "The model whose abilities count, where model is only a deployment's name."
                ),
                (
                    "max_tokens", .maxTokens, .integer,
                    "Tokens of an answer, or of all, where the other two are missing."
                ),
                (
                    "max_input_tokens", .maxInputTokens, .integer,
                    "The longest prompt, which enable_pre_call_checks goes by."
                ),
                ("max_output_tokens", .maxOutputTokens, .integer, "The longest answer."),
                ("input_cost_per_token", .inputPrice, .dollars, "Dollars a token of the prompt."),
                ("output_cost_per_token", .outputPrice, .dollars, "Dollars a token of the answer."),
                (
                    "cache_read_input_token_cost", .cacheReadPrice, .dollars,
                    "Dollars a token that was read from the upstream's cache."
                ),
                (
                    "cache_creation_input_token_cost", .cacheWritePrice, .dollars,
                    "Dollars a token that was written to the upstream's cache."
                ),
                (
                    "output_cost_per_reasoning_token", .reasoningPrice, .dollars,
                    "Dollars a token of reasoning."
                ),
                (
                    "access_groups", .accessGroups, .list,
                    "Names by which keys may be given this model."
                ),
                (
                    "blocked", .isBlocked, .bool,
                    "Takes the deployment out of use; requests get 503."
                ),
                (
                    "health_check_model", .healthCheckModel, .text,
                    "What a pattern's check asks for."
                ),
                (
                    "health_check_timeout", .healthCheckTimeoutMS, .seconds,
                    "How long a check may take."
                ),
                (
                    "disable_background_health_check", .isHealthCheckDisabled, .bool,
                    "Keeps the deployment out of the checks."
                ),
                (
                    "cooldown_time", .cooldownMS, .seconds,
                    "How long the deployment cools down after failures; 0 is never."
                ),
                (
                    "allowed_fails", .allowedFails, .integer,
                    "Failures within a minute after which the deployment cools down."
                ),
                (
                    "allowed_fails_policy", .allowedFailsPolicy, .counts,
                    "The same, by kind of failure."
                ),
            ]
        )
        + inert(
            .modelInfo,
            "a table has one environment; compile one for each",
            "supported_environments"
        )
        + guarded(
            .modelInfo,
            .access,
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
