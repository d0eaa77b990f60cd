// Answers for requests that no deployment can take (LiteLLM §4.3, §5.1).
extension OpenAIError {
    /// All deployments of a model cool down; `retryAfter` is in seconds.
    package static func allCoolingDown(model: String, retryAfter: Int) -> OpenAIError {
        noDeployment(model: model, retryAfter: retryAfter, isCooldown: true)
    }

    /// As many requests as may be are in flight for a model, and wait for it.
    package static func noRoom(model: String, retryAfter: Int) -> OpenAIError {
        OpenAIError(
            status: 429,
            type: "throttling_error",
            message: "Max parallel requests are in flight for model=\(shortened(model)), and no "
                + "place came free in time. Try again in \(retryAfter) seconds.",
            errorClass: .rateLimit,
            retryAfter: retryAfter
        )
    }

    /// The deployments' `rpm` or `tpm` are spent; `retryAfter` is in seconds.
    package static func deploymentLimits(model: String, retryAfter: Int) -> OpenAIError {
        OpenAIError(
            status: 429,
            type: "throttling_error",
            message: "The rpm and tpm limits of all deployments of model=\(shortened(model)) are "
                + "spent. Try again in \(retryAfter) seconds.",
            errorClass: .rateLimit,
            retryAfter: retryAfter
        )
    }

    /// No deployment has the request's tags.
    package static func tagsDoNotMatch(model: String) -> OpenAIError {
        OpenAIError(
            status: 401,
            param: "tags",
            message: "Not allowed to access model=\(shortened(model)) due to tags configuration.",
            errorClass: .authentication
        )
    }

    /// No deployment is where the request wants to stay.
    package static func regionNotAllowed(model: String, region: String) -> OpenAIError {
        OpenAIError(
            status: 403,
            param: "allowed_model_region",
            message: "No deployment of model=\(shortened(model)) has a region_name in "
                + "\(shortened(region)).",
            errorClass: .permissionDenied
        )
    }

    /// No deployment has a context window for so many tokens, an estimate.
    package static func contextWindowTooSmall(model: String, tokens: Int) -> OpenAIError {
        OpenAIError(
            status: 400,
            param: "messages",
            message: "litellm.ContextWindowExceededError: No deployment of "
                + "model=\(shortened(model)) takes an input of about \(tokens) tokens.",
            errorClass: .contextWindowExceeded
        )
    }

    /// A request's own deadline passed before an attempt could be made.
    package static func deadlinePassed(limit: Double, taken: Double) -> OpenAIError {
        upstreamTimeout(limit: limit, taken: taken)
    }

    /// What only the holder of the master key may see.
    package static var masterKeyNeeded: OpenAIError {
        OpenAIError(
            status: 403,
            message: "Only the master key may ask for this.",
            errorClass: .permissionDenied
        )
    }
}
