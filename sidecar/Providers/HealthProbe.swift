internal import JSON
internal import OpenAI
internal import ProviderData
internal import RouteTable
package import Upstream

/// How a deployment is asked whether it is well (LiteLLM §5.10), without paying for a completion
/// unless its author asks for one.
package struct HealthProbe: Hashable, Sendable {
    package let url: UpstreamURL
    /// A JSON body to be posted; nil for a GET.
    package let body: [UInt8]?

    /// What an answer says of the deployment's health.
    package enum Verdict: Hashable, Sendable {
        case healthy
        /// With the reason, which may be shown.
        case unhealthy(String)
        /// Nothing: its limits are spent, or it does not have the path.
        case unknown
    }

    /// The verdict of a status.
    package func verdict(status: Int) -> Verdict {
        Verdict(status: status, isPaid: body != nil)
    }
}

extension HealthProbe.Verdict {
    /// The verdict of a status.
    ///
    /// - Parameter isPaid: a completion was asked for: what it answers it would answer to clients.
    package init(status: Int, isPaid: Bool) {
        self =
            switch status {
            case 200..<300: .healthy
            case 408, 429: .unknown
            case 400..<500 where isPaid: .unhealthy("the health check was answered \(status)")
            case 401, 403: .unhealthy("the health check was answered \(status)")
            case 500...: .unhealthy("the health check was answered \(status)")
            default: .unknown
            }
    }
}

extension ResolvedDeployment {
    /// How to ask the deployment; nil when there is no way that costs nothing, or it is not to be
    /// asked (`disable_background_health_check`).
    package var healthProbe: HealthProbe? {
        // What is signed is asked in another way.
        guard readiness == .ready, bedrock == nil, !isNeverAsked else { return nil }
        if let model = parameters.string(.healthCheckModel, using: referenceValues) {
            return paidProbe(model)
        }
        let isVLLM = provider?.prefix == "hosted_vllm" || provider?.prefix == "vllm"
        let text = isVLLM ? rootURL + "/health" : listingURL
        return text.flatMap(UpstreamURL.init).map { HealthProbe(url: $0, body: nil) }
    }

    /// Whether there is nobody to ask, or it is not wanted.
    var isNeverAsked: Bool {
        mockResponse != nil || leavesProvider || origin == nil
            || parameters.bool(.isHealthCheckDisabled, using: referenceValues) == true
    }

    /// `health_check_timeout`, in milliseconds.
    package var healthCheckTimeoutMS: UInt64 {
        let own = parameters.integer(.healthCheckTimeoutMS, using: referenceValues) ?? 0
        return own > 0 ? UInt64(own) : 5_000
    }

    /// One token of the model that the configuration names for it.
    private func paidProbe(_ name: String) -> HealthProbe? {
        let model =
            name.hasPrefix(provider.map { $0.prefix + "/" } ?? "/")
            ? String(name.drop { $0 != "/" }.dropFirst()) : name
        let isEmbedding = parameters.string(.mode, using: referenceValues) == "embedding"
        let endpoint = isEmbedding ? Endpoint.embeddings : .chatCompletions
        guard let url = url(endpoint, model: model, version: nil) else { return nil }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("model")
        writer.string(model)
        if isEmbedding {
            writer.key("input")
            writer.string("hi")
        } else {
            writer.key("messages")
            writer.beginArray()
            writer.beginObject()
            writer.key("role")
            writer.string("user")
            writer.key("content")
            writer.string("hi")
            writer.endObject()
            writer.endArray()
            writer.key("max_tokens")
            writer.integer(1)
        }
        writer.endObject()
        return HealthProbe(url: url, body: writer.bytes)
    }
}
