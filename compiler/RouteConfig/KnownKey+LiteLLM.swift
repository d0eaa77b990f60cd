internal import RouteTable

/// Keys of `litellm_settings` (LiteLLM §1.7).
extension KnownKey {
    static let litellmSettings: [KnownKey] =
        handled(
            .litellmSettings,
            [
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
                (
                    "callbacks", .names,
                    "Only prometheus means something here: metrics are always at /metrics."
                ),
                ("success_callback", .names, "The same as callbacks."),
                ("failure_callback", .names, "The same as callbacks."),
                ("service_callback", .names, "The same as callbacks."),
                ("service_callbacks", .names, "The same as callbacks."),
                (
                    "model_group_settings", .mapping(isStrict: true),
                    "forward_client_headers_to_llm_api: models whose upstreams get them."
                ),
            ]
        )
        + parameters(
            .litellmSettings,
            [
                (
                    "drop_params", .dropParams, .bool,
                    "Leave parameters out that a provider does not take, instead of refusing them."
                ),
                (
                    "modify_params", .modifyParams, .bool,
                    "Make up the turns that a model needs, such as a first one of the user."
                ),
                (
                    "num_retries", .numRetries, .integer,
                    "Retries of a group, where router_settings does not say."
                ),
                (
                    "request_timeout", .requestTimeoutMS, .seconds,
                    "How long an attempt may take, where no timeout says otherwise."
                ),
                (
                    "max_fallbacks", .maxFallbacks, .integer,
                    "How deep fallbacks of fallbacks are followed."
                ),
                (
                    "allowed_fails", .allowedFails, .integer,
                    "Failures within a minute after which a deployment cools down."
                ),
                ("ssl_verify", .verifyTLS, .bool, "Whether certificates of upstreams are checked."),
                ("cache", .cacheEnabled, .bool, "Turns the response cache on."),
                ("cache_params", .cache, .json, "How answers are cached, and where the Redis is."),
                (
                    "turn_off_message_logging", .turnOffMessageLogging, .bool,
                    "Keeps messages out of logs; Sidegate never logs them."
                ),
                (
                    "prometheus_latency_buckets", .latencyBuckets, .json,
                    "The bounds of the latency histograms, in seconds."
                ),
                (
                    "custom_prometheus_metadata_labels", .customMetricLabels, .list,
                    "Members of a key's metadata that become labels of metrics."
                ),
                (
                    "require_auth_for_metrics_endpoint", .requireAuthForMetrics, .bool,
                    "Whether /metrics asks for a key."
                ),
                (
                    "forward_client_headers_to_llm_api", .forwardClientHeaders, .bool,
                    "Whether clients' x- headers go to the upstream."
                ),
            ]
        )
        + litellmWithoutEffect
}
