// Who may do what, and how much of it (LiteLLM §4.3, V106).
extension OpenAIError {
    /// Why a key is not good.
    package enum KeyProblem: Hashable, Sendable {
        case missing
        /// `hint` is the key abbreviated, never the key.
        case unknown(hint: String)
        case expired
        case blocked
    }

    /// A request without a key that is good.
    package static func unauthorized(_ problem: KeyProblem) -> OpenAIError {
        let (type, message) =
            switch problem {
            case .missing: ("auth_error", "Authentication Error, No api key passed in.")
            case .unknown(let hint):
                (
                    "token_not_found_in_db",
                    "Authentication Error, Invalid proxy server token passed. Received API Key = "
                        + "\(hint). Unable to find token in cache or "
                        + "`LiteLLM_VerificationTokenTable`"
                )
            case .expired:
                ("expired_key", "Authentication Error - Expired Key.")
            case .blocked: ("auth_error", "Authentication Error, Key is blocked.")
            }
        return OpenAIError(
            status: 401,
            type: type,
            param: "None",
            message: message,
            errorClass: .authentication
        )
    }

    /// A good key that may not use the model. `owner` is key, team, user, org or customer.
    package static func modelAccessDenied(owner: String = "key", model: String) -> OpenAIError {
        OpenAIError(
            status: 403,
            type: "\(owner)_model_access_denied",
            param: "model",
            message: "\(owner) not allowed to access model. Tried to access \(shortened(model))",
            errorClass: .permissionDenied
        )
    }

    /// A good key that may not use the path.
    package static func routeAccessDenied(_ path: String) -> OpenAIError {
        OpenAIError(
            status: 403,
            message: "This key is not allowed to call \(shortened(path)).",
            errorClass: .permissionDenied
        )
    }

    /// Nothing carries the tags that the request asks for.
    package static var tagsNotAllowed: OpenAIError {
        OpenAIError(
            status: 401,
            message: "Not allowed to access model due to tags configuration",
            errorClass: .authentication
        )
    }

    /// More was spent than allowed; `status` is what `budget_exceeded_status` says. In dollars.
    package static func budgetExceeded(
        spent: String,
        budget: String,
        status: Int = 422
    ) -> OpenAIError {
        OpenAIError(
            status: status,
            type: "budget_exceeded",
            message: "Budget has been exceeded! Current cost: \(spent), Max budget: \(budget)",
            errorClass: .budgetExceeded
        )
    }

    /// Our own limit for a key, team, user or model. `descriptor` names who is limited, never a key
    /// itself; `retryAfter` is in seconds.
    package static func rateLimited(
        descriptor: String,
        limit: Int,
        remaining: Int = 0,
        retryAfter: Int,
        note: LimitNote
    ) -> OpenAIError {
        OpenAIError(
            status: 429,
            message: "Rate limit exceeded for \(descriptor). Limit type: \(note.type). Current "
                + "limit: \(limit), Remaining: \(remaining). Limit resets at: "
                + note.resetsAtText,
            errorClass: .rateLimit,
            retryAfter: retryAfter
        ).limited(by: note)
    }

    /// The limits that the fleet shares cannot be asked for, and nothing may pass without.
    package static var limitsUnavailable: OpenAIError {
        OpenAIError(
            status: 503,
            message: "The rate limits cannot be checked at the moment "
                + "(fail_closed_rate_limit_enforcement).",
            errorClass: .serviceUnavailable,
            retryAfter: 1
        )
    }

    /// The same, with the headers that name a limit.
    package func limited(by note: LimitNote) -> OpenAIError {
        var error = self
        error.limit = note
        return error
    }

    /// Every deployment of the group is cooling down or has no room.
    package static func noDeployment(
        model: String,
        retryAfter: Int,
        isCooldown: Bool
    ) -> OpenAIError {
        OpenAIError(
            status: 429,
            type: isCooldown ? "all_deployments_in_cooldown" : "rate_limit_error",
            message: "No deployments available for selected model, Try again in \(retryAfter) "
                + "seconds. Passed model=\(shortened(model)).",
            errorClass: .rateLimit,
            retryAfter: retryAfter
        )
    }

    /// The deployment is paused (`blocked`).
    package static func modelBlocked(_ model: String) -> OpenAIError {
        OpenAIError(
            status: 503,
            message: "Model \(shortened(model)) is paused.",
            errorClass: .serviceUnavailable
        )
    }
}
