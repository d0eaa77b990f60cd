/// Joins a deployment's base URL with the path of an endpoint, as each dialect wants it.
package enum ProviderURL {
    /// Azure's `api-version` when neither the deployment, the base URL nor `AZURE_API_VERSION` has
    /// one: what LiteLLM falls back to.
    package static let azureVersionDefault = "2025-02-01-preview"

    /// The URL of one request.
    ///
    /// - Parameters:
    ///   - base: As configured; slashes at its end and a query are allowed.
    ///   - endpoint: Below `/v1`, without a slash before it: `chat/completions`.
    ///   - model: The upstream model, which Azure wants in the path.
    ///   - version: Azure's `api-version`; nil for the one in `base`, or the default.
    package static func join(
        dialect: Provider.Dialect,
        base: String,
        endpoint: String,
        model: String,
        version: String? = nil
    ) -> String {
        var parts = URLParts(base)
        switch dialect {
        case .azure:
            return azure(parts, endpoint: endpoint, model: model, version: version)
        case .azureAI:
            if parts.host.hasSuffix("services.ai.azure.com"), parts.path.isEmpty {
                parts.path = "/models"
            }
            parts.setVersion(version)
        case .anthropic:
            parts.dropSuffix("/messages")
            if parts.path.isEmpty { parts.path = "/v1" }
        case .gemini:
            if parts.path.isEmpty { parts.path = "/v1beta" }
            if !parts.path.hasSuffix("/openai") { parts.path += "/openai" }
        case .ollama:
            for suffix in ["/api/chat", "/api/generate", "/api/embed", "/api"] {
                if parts.dropSuffix(suffix) { break }
            }
            if !parts.path.hasSuffix("/v1") { parts.path += "/v1" }
        case .openAI, .bedrock, .mock, .unsupported, .refused:
            break
        }
        parts.append(endpoint)
        return parts.text
    }

    /// Endpoints that Azure serves beside the deployments, with the model in the body.
    private static let azureGlobalEndpoints: Set<String> = ["responses", "models"]

    private static func azure(
        _ base: URLParts,
        endpoint: String,
        model: String,
        version: String?
    ) -> String {
        var parts = base
        if parts.path.hasSuffix("/openai/v1") {
            // The versionless API: model in the body, `api-version` optional.
            parts.append(endpoint)
            if version != nil { parts.setVersion(version) }
            return parts.text
        }
        if !parts.path.contains("/openai/deployments/") {
            if !parts.path.hasSuffix("/openai") { parts.path += "/openai" }
            if !azureGlobalEndpoints.contains(endpoint) {
                parts.path += "/deployments/" + percentEncoded(model)
            }
        }
        parts.append(endpoint)
        parts.setVersion(version ?? (parts.hasVersion ? nil : azureVersionDefault))
        return parts.text
    }

    /// A path segment by RFC 3986: everything but unreserved characters is encoded.
    static func percentEncoded(_ segment: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in segment.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension URLParts {
    fileprivate var text: String {
        origin + path + (query.map { "?" + $0 } ?? "")
    }

    fileprivate var hasVersion: Bool {
        query?.split(separator: "&").contains { $0.hasPrefix("api-version=") } ?? false
    }

    /// Appends the endpoint, unless the base names it already (people paste whole URLs).
    fileprivate mutating func append(_ endpoint: String) {
        if !path.hasSuffix("/" + endpoint) { path += "/" + endpoint }
    }

    @discardableResult
    fileprivate mutating func dropSuffix(_ suffix: String) -> Bool {
        guard path.hasSuffix(suffix) else { return false }
        path.removeLast(suffix.count)
        return true
    }

    /// Sets `api-version` in place of one that is there; nil leaves the query alone.
    fileprivate mutating func setVersion(_ version: String?) {
        guard let version else { return }
        let others = (query ?? "").split(separator: "&").filter { !$0.hasPrefix("api-version=") }
        query = (others.map(String.init) + ["api-version=" + ProviderURL.percentEncoded(version)])
            .joined(separator: "&")
    }
}
