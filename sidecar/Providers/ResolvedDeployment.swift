package import OpenAI
package import ProviderData
package import RouteTable
package import Upstream
package import JSON

/// A deployment made ready for requests: everything that is the same for each of them is worked out
/// when the first one comes, and kept for as long as the table is.
package final class ResolvedDeployment {
    /// Whether requests can be sent, and why not.
    package enum Readiness: Hashable, Sendable {
        case ready
        /// The provider's API is not spoken here: 501, or the next group.
        case unsupported
        /// References without a value; names only.
        case missing([String])
        /// A base URL that is none, and the like: what is wrong.
        case invalid(String)
        /// `model_info.blocked`.
        case blocked
    }

    /// For `RouteTable.deployment(at:)`.
    package let index: Int
    package let id: String
    /// Nil when the configured name says no provider.
    package let provider: Provider?
    package let readiness: Readiness
    /// What the deployment answers by itself.
    package let mockResponse: String?
    /// Without the provider's prefix; a pattern's stars are still in it.
    package let upstreamModel: String
    /// The base URL as configured, without its query, for logs and headers.
    package let shownBase: String
    /// Header lines that each request carries: authentication, and what the table adds.
    package let headerLines: [UInt8]
    /// What is changed in each request's body, without the model and without what depends on the
    /// request: `policy(for:model:controls:)` has all of it.
    package let policy: RequestPolicy
    let drops: ParameterDrops
    package let timeoutMS: Int?
    package let streamTimeoutMS: Int?
    package let parameters: Parameters

    /// Whether each request's own name decides which provider it goes to: the configured model is
    /// `*` alone.
    package let leavesProvider: Bool

    /// Where its base URL leads; nil when it has none.
    package let origin: Origin?

    /// For a deployment on Bedrock that can be used.
    package let bedrock: BedrockSettings?

    private let headerNames: Set<[UInt8]>
    /// A bit for each length that one of them has, modulo 64.
    private let headerLengths: UInt64
    private let base: String
    private let apiVersion: String?
    private let source: DeploymentSource
    /// By the provider's code, so that there are never many.
    private var variants: [UInt16: ResolvedDeployment] = [:]
    /// By the region that a request's model says, for a pattern on Bedrock.
    var regions: [String: ResolvedDeployment] = [:]
    /// What a pattern on Bedrock was asked for.
    private let namedModel: String?
    private var urls: [URLKey: UpstreamURL] = [:]
    /// What was asked for last, nearly always what will be asked for next.
    private var lastURL: KnownURL?

    private struct URLKey: Hashable {
        let endpoint: Endpoint
        let model: String
        let version: String?
    }

    private final class KnownURL {
        let key: URLKey
        let url: UpstreamURL

        init(_ key: URLKey, _ url: UpstreamURL) {
            self.key = key
            self.url = url
        }
    }

    /// - Parameters:
    ///   - index: for `RouteTable.deployment(at:)`.
    ///   - environment: a variable's value; providers' keys and bases come from there.
    package convenience init(
        _ index: Int,
        table: RouteTable,
        values: ReferenceValues,
        environment: @escaping (String) -> String?,
        scanner: JSONScanner
    ) {
        let source = DeploymentSource(
            index: index,
            table: table,
            values: values,
            environment: environment,
            scanner: scanner,
            files: SharedFilesOnce(environment: environment)
        )
        self.init(source, DeploymentReader(source), showsBase: true)
    }

    private init(
        _ source: DeploymentSource,
        _ reader: DeploymentReader,
        showsBase: Bool,
        namedModel: String? = nil
    ) {
        self.namedModel = namedModel
        let record = source.record
        self.source = source
        index = source.index
        id = source.table.deploymentID(at: source.index)
        parameters = record.parameters
        provider = reader.provider
        upstreamModel = reader.upstreamModel
        leavesProvider = reader.leavesProvider
        mockResponse = reader.mockResponse
        apiVersion = reader.credential(.apiVersion)
        base = reader.base
        // A client's own base would be a label of its own for each.
        shownBase = showsBase ? ResolvedDeployment.shown(reader.base) : ""
        let lines = reader.headerLines()
        headerLines = lines.bytes
        headerNames = lines.names
        headerLengths = headerNames.reduce(0) { $0 | 1 << UInt64($1.count & 63) }
        policy = reader.policy(scanner: source.scanner)
        drops = ParameterDrops(source, provider: reader.provider)
        timeoutMS = reader.milliseconds(.timeoutMS) ?? reader.milliseconds(.requestTimeoutMS)
        streamTimeoutMS = reader.milliseconds(.streamTimeoutMS)
        readiness = reader.readiness()
        bedrock = reader.bedrock
        origin = mockResponse == nil ? UpstreamURL(reader.base)?.origin : nil
    }

    /// The same deployment at the provider that a name says; nil when it says none.
    func variant(model name: String) -> (deployment: ResolvedDeployment, model: String)? {
        if mockResponse != nil { return (self, name) }
        let match = source.match(name, source.record)
        guard let provider = match.provider else { return nil }
        if let known = variants[provider.code] { return (known, match.upstreamModel) }
        let reader = DeploymentReader(source, provider: provider)
        let made = ResolvedDeployment(source, reader, showsBase: true)
        variants[provider.code] = made
        return (made, match.upstreamModel)
    }

    /// The same deployment with a client's credentials; not kept.
    func variant(client: ClientCredentials) -> ResolvedDeployment {
        let reader = DeploymentReader(
            source,
            provider: provider,
            client: client,
            namedModel: namedModel
        )
        return ResolvedDeployment(
            source,
            reader,
            showsBase: client.base == nil,
            namedModel: namedModel
        )
    }

    /// The same deployment where a model is, as far as its name says that.
    func variant(namedModel name: String) -> ResolvedDeployment {
        let reader = DeploymentReader(source, provider: provider, namedModel: name)
        return ResolvedDeployment(source, reader, showsBase: true, namedModel: name)
    }

    /// `configurable_clientside_auth_params`.
    var clientsideNames: Set<String> {
        let list = parameters.list(.clientsideAuthParams)
        return Set(list.flatMap { source.table.resolve($0, using: source.values) } ?? [])
    }

    /// Whether the table sets a header whose name is as long: false is sure, and costs next to
    /// nothing.
    package func setsHeader(ofLength count: Int) -> Bool {
        headerLengths & 1 << UInt64(count & 63) != 0
    }

    /// Whether the table sets a header, which then wins over a client's.
    package func setsHeader(_ name: [UInt8]) -> Bool {
        headerNames.contains(name.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 })
    }

    /// The URL for an endpoint.
    ///
    /// - Parameters:
    ///   - model: the upstream's name, a pattern's captures put in.
    ///   - version: a client's own `api-version`, which wins (Azure).
    /// - Returns: nil when the base URL is none.
    package func url(_ endpoint: Endpoint, model: String, version: String?) -> UpstreamURL? {
        if let lastURL, lastURL.key.endpoint == endpoint, lastURL.key.model == model,
            lastURL.key.version == version
        {
            return lastURL.url
        }
        let key = URLKey(endpoint: endpoint, model: model, version: version)
        if let known = urls[key] {
            lastURL = KnownURL(key, known)
            return known
        }
        // Bedrock's operations are not OpenAI's endpoints.
        guard bedrock == nil, let path = endpoint.upstreamPath?.dropFirst(),
            let dialect = provider?.dialect
        else {
            return nil
        }
        var base = self.base
        if endpoint.isAtUpstreamRoot { base = DeploymentReader.withoutVersion(base) }
        let text = ProviderURL.join(
            dialect: dialect,
            base: base,
            endpoint: String(path),
            model: model,
            version: version ?? apiVersion
        )
        guard let url = UpstreamURL(text) else { return nil }
        // Patterns and clients' versions are unbounded; the cache is not.
        if urls.count > 256 { urls.removeAll() }
        urls[key] = url
        lastURL = KnownURL(key, url)
        return url
    }

    /// Whether it is known to be in a region that a request allows (`region_name`).
    package func isIn(region wanted: String) -> Bool {
        guard let region = parameters.string(.region, using: source.values) else { return false }
        return Region.isAllowed(region, by: wanted)
    }

    /// The variables and files that its credential and its parameters come from; no values.
    package var referenceNames: [String] {
        DeploymentReferences(table: source.table, values: source.values).names(source.record)
    }

    /// For parameters that are read rarely.
    var referenceValues: ReferenceValues { source.values }

    /// The server's root, beside `/v1`.
    var rootURL: String { DeploymentReader.withoutVersion(base) }

    /// Where the provider lists its models; nil where it has no such list.
    var listingURL: String? {
        guard let dialect = provider?.dialect else { return nil }
        switch dialect {
        case .openAI, .azure, .anthropic, .gemini, .ollama:
            return ProviderURL.join(
                dialect: dialect,
                base: base,
                endpoint: "models",
                model: upstreamModel,
                version: apiVersion
            )
        case .azureAI, .bedrock, .mock, .unsupported, .refused: return nil
        }
    }

    /// A base URL without what may be secret in it: its query, and a user's name and password.
    static func shown(_ base: String) -> String {
        let text = base.prefix { $0 != "?" }
        guard let at = text.lastIndex(of: "@"), let scheme = text.firstIndex(of: ":"),
            text[scheme...].hasPrefix("://")
        else { return String(text) }
        return text[...scheme] + "//" + text[text.index(after: at)...]
    }
}
