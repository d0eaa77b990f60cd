internal import RouteTable

/// Keys of `model_list` entries (LiteLLM §1.4 and §1.5).
extension KnownKey {
    static let modelKeys: [KnownKey] =
        handled(
            .modelEntry,
            [
                (
                    "model_name", .name,
                    "The name that clients ask for, one for a group; with * a pattern."
                ),
                (
                    "litellm_params", .section(.litellmParams),
                    "How to reach the upstream, and how to route to it."
                ),
                (
                    "model_info", .section(.modelInfo, isStrict: false),
                    "What is known of the model; shown at /model/info."
                ),
                ("rpm", .form(.integer), "LiteLLM's older place of litellm_params.rpm."),
                ("tpm", .form(.integer), "LiteLLM's older place of litellm_params.tpm."),
            ]
        )

    static let litellmParams: [KnownKey] =
        handled(
            .litellmParams,
            [
                ("model", .name, "provider/model: who serves it, and what it is called there."),
                (
                    "custom_llm_provider", .string(isStrict: false),
                    "The provider, where model does not name it."
                ),
                ("api_base", .baseURL, "Where the upstream is; for OpenAI's protocol with /v1."),
                ("base_url", .baseURL, "The same as api_base."),
                (
                    "litellm_credential_name", .string(isStrict: false),
                    "An entry of credential_list."
                ),
                ("weight", .number, "The share of the group's requests under simple-shuffle."),
                (
                    "order", .order,
                    "Lower ones are tried first, higher ones when those are out of use."
                ),
                (
                    "organization", .names,
                    "OpenAI's organization; of a list each makes one deployment."
                ),
                (
                    "mock_response", .form(.text),
                    "An answer that is given without asking an upstream."
                ),
            ]
        )
        + parameters(.litellmParams, credentialParameters + deploymentParameters)
        + paramsWithoutEffect

    private static let deploymentParameters: [(String, ParameterKey, Form, String)] = [
        ("timeout", .timeoutMS, .seconds, "How long an attempt may take."),
        (
            "request_timeout", .requestTimeoutMS, .seconds,
            "How long an attempt may take, where there is no timeout."
        ),
        (
            "stream_timeout", .streamTimeoutMS, .seconds,
            "Of a stream: how long until the first byte, and between two of them."
        ),
        (
            "num_retries", .numRetries, .integer,
            "Retries of the group, of this deployment's requests."
        ),
        (
            "cooldown_time", .cooldownMS, .seconds,
            "How long the deployment cools down after failures; 0 is never."
        ),
        (
            "rpm", .requestsPerMinute, .integer,
            "Requests a minute: a share or a limit, as the strategy takes it."
        ),
        (
            "tpm", .tokensPerMinute, .integer,
            "Tokens a minute: a share or a limit, as the strategy takes it."
        ),
        (
            "default_api_key_rpm_limit", .defaultKeyRequestsPerMinute, .integer,
            "Requests a minute of each key at this model."
        ),
        (
            "default_api_key_tpm_limit", .defaultKeyTokensPerMinute, .integer,
            "Tokens a minute of each key at this model."
        ),
        ("max_parallel_requests", .parallelRequestsMax, .integer, "Requests at one time."),
        ("tags", .tags, .list, "Tags that a request may ask for, with enable_tag_filtering."),
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
            "extra_headers", .extraHeaders, .pairs,
            "Headers that every request to the upstream gets."
        ),
        ("headers", .extraHeaders, .pairs, "The same as extra_headers."),
        ("extra_body", .extraBody, .members, "Members that every body to the upstream gets."),
        (
            "drop_params", .dropParams, .bool,
            "Leave parameters out that the provider does not take."
        ),
        (
            "additional_drop_params", .additionalDropParams, .list,
            "More parameters to leave out, by name or path."
        ),
        (
            "allowed_openai_params", .allowedOpenAIParams, .list,
            "Parameters to send though the provider is not known to take them."
        ),
        (
            "configurable_clientside_auth_params", .clientsideAuthParams, .list,
            "Credentials that a request may bring for this deployment."
        ),
        (
            "merge_reasoning_content_in_choices", .mergeReasoningContent, .bool,
            "Puts reasoning into the content, between think tags."
        ),
        (
            "base_model", .baseModel, .text,
            "The model whose abilities count, where model is only a deployment's name."
        ),
        (
            "region_name", .region, .text,
            "Where the deployment is, for requests that ask for a region."
        ),
        (
            "keepalive_seconds", .keepaliveMS, .seconds,
            "The time between comments that keep a waiting stream open."
        ),
    ]
}
