internal import Curl

extension UpstreamError {
    /// What a failure of libcurl means for the exchange.
    /// - Parameters:
    ///   - headIsComplete: whether the answer's body had begun.
    ///   - proxyRefused: whether a proxy has declined to connect.
    init(_ failure: CurlFailure, headIsComplete: Bool, proxyRefused: Bool = false) {
        let kind: Kind =
            switch failure.stage {
            case .content where !headIsComplete: .malformed
            case _ where headIsComplete: .closedInBody
            case _ where proxyRefused: .connect
            case .resolving: .resolve
            case .connecting, .setup: .connect
            case .tls: .tls
            case .timeout: .connectTimeout
            case .transfer, .content: .closedBeforeHead
            }
        self.init(kind, "\(failure)")
    }
}
