internal import Bedrock
internal import OpenAI
internal import Routing

extension FailedAnswer {
    /// What Bedrock answered, or failed to.
    convenience init(_ failure: BedrockFailure, _ request: ProxyRequest) {
        var attempt = AttemptFailure(
            FailureKind(failure.kind),
            status: failure.error.status,
            retryAfterMS: failure.retryAfterMS,
            // AWS' word for it: of this account, in this region.
            isOfDeployment: failure.kind == .modelNotFound,
            // What is no answer of AWS' is named by nobody.
            isAnswered: failure.kind != .badGateway || !failure.name.isEmpty
        )
        if failure.kind == .timeout { attempt.retriesMax = 1 }
        self.init(attempt, .own(failure.error))
        providerRequestID = request.providerRequestID
    }
}

extension FailedAnswer {
    /// There is nothing to sign with. Nothing was sent; another deployment may have something, and
    /// this one may have in a moment. The reason names roles and paths, so the operator is told it
    /// and the client is not.
    static var withoutCredentials: FailedAnswer {
        var error = OpenAIError(
            status: 503,
            type: "server_error",
            message: "litellm.ServiceUnavailableError: BedrockException - "
                + "no AWS credentials at the moment; the sidecar's log and /health say why",
            errorClass: .serviceUnavailable,
            retryAfter: 1
        )
        error.reason = "upstream_auth_error"
        let failure = AttemptFailure(
            .authentication,
            status: 503,
            retryAfterMS: 1_000,
            sentNothing: true
        )
        return FailedAnswer(failure, .own(error))
    }
}

extension FailureKind {
    /// Routing's word for a kind of Bedrock's failures.
    init(_ kind: BedrockFailure.Kind) {
        self =
            switch kind {
            case .badRequest: .badRequest
            case .contextWindow: .contextWindow
            case .contentPolicy: .contentPolicy
            case .authentication: .authentication
            case .paymentRequired: .paymentRequired
            case .forbidden: .forbidden
            case .modelNotFound: .modelNotFound
            case .pathNotFound: .pathNotFound
            case .rateLimited: .rateLimited
            case .timeout: .timeout
            case .internalServer: .internalServer
            case .badGateway: .badGateway
            case .serviceUnavailable: .serviceUnavailable
            case .notImplemented: .notImplemented
            }
    }
}
