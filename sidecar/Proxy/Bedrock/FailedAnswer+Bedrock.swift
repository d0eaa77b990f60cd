internal import Bedrock
internal import OpenAI
internal import Routing

extension FailedAnswer {
    /// What Bedrock answered, or failed to.
    convenience init(_ failure: BedrockFailure, _ request: ProxyRequest) {
        self.init(
            AttemptFailure(
                FailureKind(failure.kind),
                status: failure.error.status,
                retryAfterMS: failure.retryAfterMS
            ),
            .own(failure.error)
        )
        providerRequestID = request.providerRequestID
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
