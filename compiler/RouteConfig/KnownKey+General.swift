internal import RouteTable

/// Keys of `general_settings` (LiteLLM §1.9).
extension KnownKey {
    static let generalSettings: [KnownKey] =
        handled(
            .generalSettings,
            [
                (
                    "master_key", .string(isStrict: true),
                    "The key that may do everything; the table holds its SHA-256 only."
                )
            ]
        )
        + parameters(
            .generalSettings,
            [
                (
                    "completion_model", .forcedChatModel, .text,
                    "The model that every chat request goes to, whatever it asks for."
                ),
                (
                    "embedding_model", .forcedEmbeddingModel, .text,
                    "The model that every embedding request goes to."
                ),
                (
                    "image_generation_model", .forcedImageModel, .text,
                    "The model that every image request goes to."
                ),
                (
                    "moderation_model", .forcedModerationModel, .text,
                    "The model that every moderation request goes to."
                ),
                (
                    "litellm_key_header_name", .keyHeaderName, .text,
                    "A header that may hold the key, besides Authorization."
                ),
                (
                    "global_max_parallel_requests", .globalParallelRequestsMax, .integer,
                    "Requests that the process serves at one time."
                ),
                (
                    "max_request_size_mb", .requestBytesMax, .mebibytes,
                    "The largest body of a request."
                ),
                (
                    "max_response_size_mb", .responseBytesMax, .mebibytes,
                    "The largest body of an answer."
                ),
                (
                    "max_in_flight_requests_per_worker", .inFlightRequestsMax, .integer,
                    "Requests that a worker serves at one time."
                ),
                (
                    "max_queued_requests_per_worker", .queuedRequestsMax, .integer,
                    "Requests that wait for room in a worker; 0 refuses at once."
                ),
                (
                    "allow_client_side_credentials", .allowClientCredentials, .bool,
                    "Whether a request may bring its own api_key and api_base."
                ),
                (
                    "forward_client_headers_to_llm_api", .forwardClientHeaders, .bool,
                    "Whether clients' x- headers go to the upstream."
                ),
                (
                    "forward_openai_org_id", .forwardOpenAIOrganization, .bool,
                    "Whether a client's OpenAI-Organization goes to the upstream."
                ),
                (
                    "always_include_stream_usage", .alwaysIncludeStreamUsage, .bool,
                    "Whether streams end with their usage though nobody asked."
                ),
                (
                    "token_rate_limit_type", .tokenRateLimitType,
                    .word(["total", "input", "output"]), "Which tokens tpm counts."
                ),
                (
                    "fail_closed_rate_limit_enforcement", .failClosedRateLimits, .bool,
                    "Refuses requests while shared limits cannot be verified."
                ),
                (
                    "background_health_checks", .backgroundHealthChecks, .bool,
                    "Checks deployments from time to time."
                ),
                (
                    "health_check_interval", .healthCheckIntervalMS, .seconds,
                    "The time between two checks of a deployment."
                ),
                (
                    "health_check_concurrency", .healthCheckConcurrency, .integer,
                    "Checks at one time."
                ),
                (
                    "enable_health_check_routing", .isHealthCheckRoutingEnabled, .bool,
                    "Whether requests avoid what checks found ill."
                ),
                (
                    "health_check_staleness_threshold", .healthCheckStalenessMS, .seconds,
                    "How long the result of a check is believed."
                ),
                (
                    "pass_through_endpoints", .passThroughEndpoints, .json,
                    "Paths that are passed on to other servers as they are."
                ),
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
        + generalWithoutEffect
}
