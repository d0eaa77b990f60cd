/// What a request's path says.
package struct EndpointMatch: Hashable, Sendable {
    package let endpoint: Endpoint
    /// The model that the path names, percent-decoded: `/engines/{model}/…`,
    /// `/openai/deployments/{model}/…`, `/models/{id}`.
    package let model: String?

    init(_ endpoint: Endpoint, model: String? = nil) {
        self.endpoint = endpoint
        self.model = model
    }

    /// Classifies the path of a request target; what follows a `?` does not count.
    package init(target: some StringProtocol) {
        var path = Substring(target)
        if let query = path.utf8.firstIndex(of: UInt8(ascii: "?")) { path = path[..<query] }
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        self = Self.match(path)
    }

    private static func match(_ path: Substring) -> EndpointMatch {
        guard path.utf8.first == UInt8(ascii: "/") else { return EndpointMatch(.unknown) }
        let name = path.dropFirst()
        if let endpoint = exact[name] { return EndpointMatch(endpoint) }
        if let match = pathModel(name) { return match }
        let bare = name.removingPrefix("v1/") ?? name
        if let id = bare.removingPrefix("models/"), !id.isEmpty {
            return EndpointMatch(.model, model: PercentCoding.decoded(id))
        }
        let family = bare.prefix { $0 != "/" }
        if unsupportedFamilies.contains(family) { return EndpointMatch(.unsupported) }
        if bare.hasPrefix("responses/") { return EndpointMatch(.unsupported) }
        return EndpointMatch(.unknown)
    }

    /// Azure's and the old OpenAI's forms. The model may hold slashes, so that the endpoint is
    /// looked for from the end.
    private static func pathModel(_ name: Substring) -> EndpointMatch? {
        for prefix in ["engines/", "v1/engines/", "openai/deployments/"] {
            guard let rest = name.removingPrefix(prefix) else { continue }
            for endpoint in pathModelEndpoints {
                guard let model = rest.removingSuffix("/" + endpoint.rawValue), !model.isEmpty,
                    model.utf8.first != UInt8(ascii: "/")
                else { continue }
                return EndpointMatch(endpoint, model: PercentCoding.decoded(model))
            }
        }
        return nil
    }

    /// `chat/completions` before `completions`, which is its end.
    private static let pathModelEndpoints: [Endpoint] = [
        .chatCompletions, .completions, .embeddings, .transcriptions, .translations, .speech,
        .imageGenerations, .imageEdits, .imageVariations,
    ]

    private static let unsupportedFamilies: Set<Substring> = [
        "files", "batches", "fine_tuning", "assistants", "threads", "vector_stores", "realtime",
        "uploads", "containers", "conversations", "evals", "videos",
    ]

    private static let exact: [Substring: Endpoint] = {
        var paths: [Substring: Endpoint] = [:]
        for endpoint in Endpoint.allCases {
            switch endpoint {
            case .model, .unsupported, .unknown: continue
            case .health, .liveness, .readiness, .metrics, .routingState, .cachePing, .cacheDelete,
                .cacheFlush:
                paths[Substring(endpoint.rawValue)] = endpoint
            default:
                paths[Substring(endpoint.rawValue)] = endpoint
                paths["v1/" + endpoint.rawValue] = endpoint
            }
        }
        paths["v2/rerank"] = .rerank
        paths["health/liveness"] = .liveness
        return paths
    }()
}

extension Substring {
    fileprivate func removingPrefix(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }

    fileprivate func removingSuffix(_ suffix: String) -> Substring? {
        hasSuffix(suffix) ? dropLast(suffix.count) : nil
    }
}
