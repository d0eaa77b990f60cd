/// What a reference has to say where a key wants more than a text: its value is read when the table
/// is loaded, in the unit of LiteLLM's configuration, and stored in the key's own.
package enum ScalarForm: Hashable, Sendable {
    /// `true` or `false`, and the other words that the configuration knows.
    case bool
    /// A whole number, 0 or more.
    case integer
    /// A number, 0 or more, times `factor`: seconds are read as milliseconds, dollars as
    /// pico-dollars, mebibytes as bytes.
    case scaled(by: Double)

    /// Seconds, stored as milliseconds.
    package static let seconds = ScalarForm.scaled(by: 1000)
    /// US dollars, stored as pico-dollars.
    package static let dollars = ScalarForm.scaled(by: 1e12)
    /// Mebibytes, stored as bytes.
    package static let mebibytes = ScalarForm.scaled(by: 1_048_576)
}

extension ParameterKey {
    /// How a reference's value is read; nil for keys that hold texts, lists, JSON or digests.
    package var scalarForm: ScalarForm? {
        switch self {
        case .timeoutMS, .streamTimeoutMS, .cooldownMS, .keepaliveMS, .healthCheckTimeoutMS,
            .retryAfterMS, .requestTimeoutMS, .healthCheckIntervalMS, .healthCheckStalenessMS,
            .cacheTTLMS, .cacheMemoryTTLMS, .cacheSharedTTLMS:
            .seconds
        case .inputPrice, .outputPrice, .cacheReadPrice, .cacheWritePrice, .reasoningPrice,
            .maxBudget, .softBudget:
            .dollars
        case .requestBytesMax, .responseBytesMax:
            .mebibytes
        case .numRetries, .requestsPerMinute, .tokensPerMinute, .inputTokensPerMinute,
            .outputTokensPerMinute, .defaultKeyRequestsPerMinute, .defaultKeyTokensPerMinute,
            .parallelRequestsMax, .maxTokens, .maxInputTokens,
            .maxOutputTokens, .allowedFails, .maxRetries, .maxFallbacks,
            .globalParallelRequestsMax, .inFlightRequestsMax, .queuedRequestsMax,
            .budgetExceededStatus, .keyExpiry, .healthCheckConcurrency, .cacheMemoryBytes,
            .cacheEntryBytes, .cacheRequestBytes:
            .integer
        case .dropParams, .mergeReasoningContent, .isBlocked, .isHealthCheckDisabled, .isHidden,
            .areCooldownsDisabled, .isTagFilteringEnabled, .tagMatchAny, .arePreCallChecksEnabled,
            .enforceModelRateLimits, .weightedFailover, .isPatternLocked, .requireAuthForMetrics,
            .allowClientCredentials, .forwardClientHeaders, .forwardOpenAIOrganization,
            .alwaysIncludeStreamUsage, .backgroundHealthChecks, .failClosedRateLimits, .verifyTLS,
            .turnOffMessageLogging, .maskUpstreamURL, .cacheEnabled, .keyIsBlocked,
            .isHealthCheckRoutingEnabled, .modifyParams, .sharesRouting:
            .bool
        default: nil
        }
    }
}
