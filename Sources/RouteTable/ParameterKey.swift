/// The names of the parameters that a table can hold, with their unit and type.
///
/// Numbers are part of the file format: they are never changed or used again. A reader skips keys
/// it does not know, unless their entry is marked must-understand.
package enum ParameterKey: UInt16, CaseIterable, Hashable, Sendable {
    // Deployments: limits, prices, behaviour (LiteLLM §1.5, §1.6).
    case timeoutMS = 1  // integer, of one attempt
    case streamTimeoutMS = 2  // integer, to the first byte and between chunks
    case numRetries = 3  // integer
    case cooldownMS = 4  // integer, 0 is never
    case requestsPerMinute = 5  // integer
    case tokensPerMinute = 6  // integer
    case inputTokensPerMinute = 7  // integer, reserved
    case outputTokensPerMinute = 8  // integer, reserved
    case parallelRequestsMax = 9  // integer
    case tags = 10  // list
    case tagPatterns = 11  // list of regular expressions over `Header-Name: value`, reserved
    case inputPrice = 12  // integer, pico-dollars a token
    case outputPrice = 13  // integer, pico-dollars a token
    case cacheReadPrice = 14  // integer, pico-dollars a token
    case cacheWritePrice = 15  // integer, pico-dollars a token
    case reasoningPrice = 16  // integer, pico-dollars a token
    case otherPrices = 17  // json object of LiteLLM's remaining price fields
    case extraHeaders = 18  // list of name, value pairs
    case extraBody = 19  // json members, `"a":1,"b":2`, merged into the request
    case defaultParameters = 20  // json members, used where the client sent none
    case dropParams = 21  // bool
    case additionalDropParams = 22  // list
    case allowedOpenAIParams = 23  // list
    case mockResponse = 24  // text
    case clientsideAuthParams = 25  // list
    case mergeReasoningContent = 26  // bool
    case baseModel = 27  // text, whose price and window count
    case mode = 28  // text: chat, embedding, …
    case maxTokens = 29  // integer
    case maxInputTokens = 30  // integer
    case maxOutputTokens = 31  // integer
    case modelInfo = 32  // json object, shown at `/model/info`
    case accessGroups = 33  // list
    case teamID = 34  // text, reserved
    case isBlocked = 35  // bool, answers 503
    case supportedEnvironments = 36  // list, reserved
    case maxBudget = 37  // integer, pico-dollars
    case budgetDuration = 38  // text
    case keepaliveMS = 39  // integer
    case allowedFails = 40  // integer
    case allowedFailsPolicy = 41  // list of LiteLLM's field, count pairs
    case region = 42  // text
    case healthCheckModel = 43  // text
    case healthCheckTimeoutMS = 44  // integer
    case isHealthCheckDisabled = 45  // bool
    case dialect = 46  // text, an override of the provider's kind of API
    case maxRetries = 47  // integer, the inner client's, reserved
    case defaultKeyRequestsPerMinute = 48  // integer, of each key at the model
    case defaultKeyTokensPerMinute = 49  // integer, of each key at the model

    // Credentials.
    case apiKey = 100  // text
    case apiVersion = 101  // text
    case organization = 102  // text
    case azureADToken = 103  // text
    case awsAccessKeyID = 110  // text
    case awsSecretAccessKey = 111  // text
    case awsSessionToken = 112  // text
    case awsRegion = 113  // text
    case awsProfile = 114  // text
    case awsRole = 115  // text
    case awsSessionName = 116  // text
    case awsWebIdentityToken = 117  // text
    case awsSTSEndpoint = 118  // text
    case awsExternalID = 119  // text
    case awsBedrockEndpoint = 120  // text
    case credentialInfo = 130  // json object

    // Models and the whole table: routing (LiteLLM §1.8).
    case strategy = 200  // text, as `routing_strategy` has it
    case strategyArguments = 201  // json object, of the strategy that stands beside it
    case retryPolicy = 202  // list of LiteLLM's field, count pairs
    case isHidden = 203  // bool, not in `/v1/models`
    case maxFallbacks = 204  // integer
    case retryAfterMS = 205  // integer, the least wait before a retry
    case areCooldownsDisabled = 206  // bool
    case isTagFilteringEnabled = 207  // bool
    case tagMatchAny = 208  // bool
    case arePreCallChecksEnabled = 209  // bool
    case optionalPreCallChecks = 210  // list
    case enforceModelRateLimits = 211  // bool
    case requestTimeoutMS = 212  // integer, `litellm_settings.request_timeout`
    case weightedFailover = 213  // bool, reserved
    case providerBudgets = 214  // json object, reserved
    case isPatternLocked = 215  // bool, reserved

    // The whole table: access (LiteLLM §1.9).
    case masterKeyDigest = 300  // digest
    case masterKey = 301  // text, a reference
    case keyHeaderName = 302  // text
    case requireAuthForMetrics = 303  // bool
    case allowClientCredentials = 304  // bool
    case forwardClientHeaders = 305  // bool
    case forwardOpenAIOrganization = 306  // bool
    case alwaysIncludeStreamUsage = 307  // bool
    case requestBytesMax = 308  // integer
    case responseBytesMax = 309  // integer
    case forcedChatModel = 310  // text, `completion_model`
    case forcedEmbeddingModel = 311  // text
    case forcedImageModel = 312  // text
    case forcedModerationModel = 313  // text
    case globalParallelRequestsMax = 314  // integer
    case inFlightRequestsMax = 315  // integer, of one worker
    case queuedRequestsMax = 316  // integer, of one worker
    case backgroundHealthChecks = 317  // bool
    case healthCheckIntervalMS = 318  // integer
    case tokenRateLimitType = 319  // text: total, input or output
    case failClosedRateLimits = 320  // bool
    case verifyTLS = 321  // bool
    case budgetExceededStatus = 322  // integer
    case passThroughEndpoints = 323  // json array
    case forwardHeadersModels = 324  // list of model groups
    case caFile = 325  // text
    case turnOffMessageLogging = 326  // bool
    case maskUpstreamURL = 327  // bool, reserved
    case isHealthCheckRoutingEnabled = 328  // bool, true where it is absent
    case healthCheckStalenessMS = 329  // integer, how long a check's result is believed
    case healthCheckConcurrency = 330  // integer, checks at one time
    case modifyParams = 331  // bool, make up turns that a model needs

    // The whole table: Redis, cache, metrics (LiteLLM §7, §8).
    case redis = 400  // json object of connection settings
    case cache = 401  // json object, `cache_params`
    case cacheEnabled = 402  // bool
    case cachingGroups = 403  // json array of arrays
    case callbacks = 404  // list
    case latencyBuckets = 405  // json array
    case customMetricLabels = 406  // list
    case cacheType = 420  // text: redis or local
    case cacheTTLMS = 421  // integer, of both levels
    case cacheMemoryTTLMS = 422  // integer
    case cacheSharedTTLMS = 423  // integer
    case cacheNamespace = 424  // text
    case cacheMode = 425  // text: default_on or default_off
    case cacheCallTypes = 426  // list of LiteLLM's names
    case cacheMemoryBytes = 427  // integer, of the first level
    case cacheEntryBytes = 428  // integer, of one answer
    case cacheRequestBytes = 429  // integer, of one request
    case cacheScope = 430  // text: team, key or all
    case cacheSecret = 431  // text

    // Virtual keys.
    case keyAlias = 500  // text
    case keyModels = 501  // list of names, patterns, access groups
    case keyUser = 502  // text
    case keyTeam = 503  // text
    case keyExpiry = 504  // integer, seconds since 1970
    case keyIsBlocked = 505  // bool
    case keyMetadata = 506  // json object
    case softBudget = 507  // integer, pico-dollars
    case keyModelRequestsPerMinute = 508  // json object: limits by model
    case keyModelTokensPerMinute = 509  // json object: limits by model

    // The sidegate: section.
    case rolloutName = 600  // text
    case sidegateLimits = 601  // json object: limits by name
    case teams = 602  // json object: limits by team
    case users = 603  // json object: limits by user
    case mediaHosts = 604  // list of hosts that images and files are fetched from
    case privateMediaHosts = 605  // the same, for hosts with private addresses
    case rateLimitNamespace = 606  // text
    case rateLimitMode = 607  // text: exact, lease or local
    case coordinationRedis = 608  // json object of connection settings
    case sharesRouting = 609  // bool, true where it is absent and there is a Redis
}
