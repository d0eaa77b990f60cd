internal import EventLoop
internal import OpenAI
internal import Providers
internal import Upstream

extension OpenAIError {
    /// What a client gets when no upstream answered (LiteLLM §4.3, V106).
    init(_ error: UpstreamError, request: ProxyRequest) {
        if error.isTimeout {
            let timing = request.timing
            let limitMS =
                switch error.kind {
                case .connectTimeout: request.snapshot.limits.connectMS
                case .idleTimeout: timing.idleMS
                case .totalTimeout: timing.totalMS
                default: timing.headMS
                }
            let taken = Double(Instant.now().since(request.attemptAt)) / 1e9
            self = .upstreamTimeout(limit: Double(limitMS) / 1000, taken: taken)
            return
        }
        switch error.kind {
        case .resolve, .connect, .tls: self = .connectionFailed
        case .noDescriptor: self = .descriptorsExhausted
        case .malformed:
            self = .invalidResponse("it is not valid HTTP, or its head is over a limit")
        default: self = .connectionLost
        }
    }

    /// Stands for an upstream's error answer whose body could not be held.
    static func upstream(status: Int) -> OpenAIError {
        OpenAIError(
            status: status,
            message: "The upstream answered with status \(status).",
            errorClass: errorClass(ofStatus: status)
        )
    }
}
