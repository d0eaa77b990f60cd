internal import ProviderData

/// Where an OpenAI-compatible server is.
package struct ServerAddress: Hashable, Sendable {
    /// What `api_base` says: it ends in `/v1`.
    package let base: String

    /// Where it lists its models.
    package var modelsURL: String { base + "/models" }

    /// Where vLLM says which version it is: beside `/v1`, not below.
    package var versionURL: String { base.dropLast(3) + "/version" }

    /// Takes a URL with or without `/v1` at its end.
    package init(_ url: String) throws(DiscoveryError) {
        let isText = url.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7F }
        let parts = URLParts(url)
        guard isText, parts.scheme == "http" || parts.scheme == "https", !parts.host.isEmpty else {
            throw .badAddress(url, "it must begin with http:// or https:// and name a host")
        }
        guard !parts.origin.contains("@") else {
            throw .badAddress("\(parts.scheme)://***@\(parts.host)", "it must not hold a user name")
        }
        guard parts.query == nil, !url.contains("#") else {
            throw .badAddress(parts.origin + parts.path, "it must not have a query")
        }
        let root = parts.origin + parts.path
        base = parts.path.hasSuffix("/v1") ? root : root + "/v1"
    }
}

/// Why something cannot be found, or not be put into a file.
package enum DiscoveryError: Error, Hashable, Sendable {
    /// The address, and what is wrong with it.
    case badAddress(String, String)
    /// The answer, which is not what a list of models is.
    case badAnswer(String)
    /// The file of services.
    case badServices(String)
    /// The environment.
    case badEnvironment(String)
    /// The file to merge into.
    case badFile(String)
}

extension DiscoveryError: CustomStringConvertible {
    /// One sentence, without an end.
    package var description: String {
        switch self {
        case .badAddress(let address, let reason): "\(address) is no address: \(reason)"
        case .badAnswer(let reason), .badServices(let reason), .badEnvironment(let reason),
            .badFile(let reason):
            reason
        }
    }
}
