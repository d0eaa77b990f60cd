extension OpenAIError {
    /// The response cache is asked for, and there is none.
    package static var cacheIsOff: OpenAIError {
        OpenAIError(
            status: 503,
            type: "cache_ping_error",
            message: "The response cache is off: litellm_settings.cache turns it on.",
            errorClass: .serviceUnavailable
        )
    }

    /// Redis does not answer.
    package static var cacheIsOutOfReach: OpenAIError {
        OpenAIError(
            status: 503,
            type: "cache_ping_error",
            message: "Redis does not answer; answers are cached in memory only.",
            errorClass: .serviceUnavailable
        )
    }

    /// What is to be deleted is not said in a way that could be understood.
    package static func invalidCacheKeys(max: Int) -> OpenAIError {
        invalid(
            "keys must be a list of at most \(max) names as x-litellm-cache-key tells them",
            param: "keys"
        )
    }
}
