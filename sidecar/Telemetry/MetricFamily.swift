/// One metric over requests: which labels tell its series apart, and what it takes of each.
struct MetricFamily: Sendable {
    enum Value: Sendable {
        case counter(@Sendable (RequestSeries) -> UInt64)
        case histogram(@Sendable (RequestSeries) -> Histogram)
    }

    let name: String
    let help: String
    let labels: [MetricLabel]
    let value: Value
    /// Requests that count; nil for all.
    var isCounted: (@Sendable (SeriesKey) -> Bool)?

    /// Names and labels of LiteLLM V106, for those that mean the same here (LiteLLM §8). The
    /// `_created` gauges of its client library are left out.
    static let all: [MetricFamily] = requests + latencies + tokens + cache

    private static let requestLabels: [MetricLabel] =
        [.endUser] + MetricLabel.key + [.requestedModel] + MetricLabel.teams
        + [.user, .userEmail, .route, .clientIP, .userAgent, .modelID, .apiProvider]
        + MetricLabel.organisation

    private static let requests = [
        MetricFamily(
            name: "litellm_proxy_total_requests_metric_total",
            help: "Requests that clients made.",
            labels: requestLabels + [.statusCode],
            value: .counter(\.requests)
        ),
        MetricFamily(
            name: "litellm_proxy_failed_requests_metric_total",
            help: "Requests that were answered with an error.",
            labels: requestLabels + [.exceptionStatus, .exceptionClass],
            value: .counter(\.requests),
            isCounted: { $0.errorClass != nil || $0.status >= 400 }
        ),
    ]

    private static let latencyLabels: [MetricLabel] =
        [.model] + MetricLabel.key + MetricLabel.teams
        + [.requestedModel, .endUser, .user, .modelID, .modelGroup, .apiProvider, .serviceTier]
        + MetricLabel.organisation

    private static let latencies = [
        MetricFamily(
            name: "litellm_request_total_latency_metric",
            help: "Seconds from a request's first byte to its answer's last.",
            labels: latencyLabels,
            value: .histogram(\.total)
        ),
        MetricFamily(
            name: "litellm_llm_api_latency_metric",
            help: "Seconds that upstreams took.",
            labels: latencyLabels,
            value: .histogram(\.upstream)
        ),
        MetricFamily(
            name: "litellm_llm_api_time_to_first_token_metric",
            help: "Seconds to the first content of a stream.",
            labels: latencyLabels,
            value: .histogram(\.firstToken)
        ),
        MetricFamily(
            name: "litellm_request_queue_time_seconds",
            help: "Seconds that requests waited for room.",
            labels: latencyLabels,
            value: .histogram(\.queued)
        ),
        MetricFamily(
            name: "litellm_deployment_latency_per_output_token",
            help: "Seconds of a deployment's whole answers for each token out.",
            labels: MetricLabel.deployment + MetricLabel.key + MetricLabel.teams
                + [.modelGroup] + MetricLabel.organisation,
            value: .histogram(\.perToken)
        ),
        MetricFamily(
            name: "litellm_overhead_latency_metric",
            help: "Seconds that were not the upstream's.",
            labels: MetricLabel.deployment + MetricLabel.key + [.modelGroup],
            value: .histogram(\.overhead)
        ),
    ]

    private static let tokenLabels: [MetricLabel] =
        [.endUser] + MetricLabel.key + [.model, .modelID, .requestedModel] + MetricLabel.teams
        + [.user, .userEmail, .apiProvider] + MetricLabel.organisation

    private static let tokens = [
        MetricFamily(
            name: "litellm_total_tokens_metric_total",
            help: "Tokens in and out.",
            labels: tokenLabels,
            value: .counter { $0.promptTokens &+ $0.completionTokens }
        ),
        MetricFamily(
            name: "litellm_input_tokens_metric_total",
            help: "Tokens in.",
            labels: tokenLabels,
            value: .counter(\.promptTokens)
        ),
        MetricFamily(
            name: "litellm_output_tokens_metric_total",
            help: "Tokens out.",
            labels: tokenLabels,
            value: .counter(\.completionTokens)
        ),
        MetricFamily(
            name: "sidegate_cached_prompt_tokens_total",
            help: "Tokens in that the upstream had in its cache.",
            labels: [.model, .modelID] + MetricLabel.key,
            value: .counter(\.cachedTokens)
        ),
        MetricFamily(
            name: "sidegate_reasoning_tokens_total",
            help: "Tokens out that were reasoning.",
            labels: [.model, .modelID] + MetricLabel.key,
            value: .counter(\.reasoningTokens)
        ),
    ]

    private static let cacheLabels: [MetricLabel] =
        [.requestedModel] + MetricLabel.key + MetricLabel.teams + [.endUser, .user]

    private static let cache = [
        MetricFamily(
            name: "litellm_cache_hits_metric_total",
            help: "Requests whose answer came from the response cache.",
            labels: cacheLabels,
            value: .counter(\.cacheHits)
        ),
        MetricFamily(
            name: "litellm_cache_misses_metric_total",
            help: "Requests that were looked up there in vain.",
            labels: cacheLabels,
            value: .counter(\.cacheMisses)
        ),
        MetricFamily(
            name: "litellm_cached_tokens_metric_total",
            help: "Tokens, in and out, of answers that came from the response cache.",
            labels: cacheLabels,
            value: .counter(\.tokensServed)
        ),
    ]

    static let deploymentLabels: [MetricLabel] =
        MetricLabel.deployment + [.requestedModel] + MetricLabel.key + MetricLabel.teams
        + [.clientIP, .userAgent, .modelGroup]
}
