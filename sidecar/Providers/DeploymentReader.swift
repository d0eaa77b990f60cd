internal import AWS
internal import Bedrock
internal import JSON
internal import OpenAI
internal import ProviderData
internal import RouteTable
internal import Upstream

/// Reads one deployment's record: resolves its references, finds its provider, key and base.
struct DeploymentReader {
    /// Nil for a name that says no provider: its deployments answer 501.
    let provider: Provider?
    let upstreamModel: String
    private(set) var base: String
    /// Nil for other providers, and where something is missing.
    private(set) var bedrock: BedrockSettings?
    /// What is missing.
    private var bedrockProblem = ""
    /// What a pattern was asked for, which may say a region.
    private let namedModel: String?

    /// Whether each request's own name decides which provider it goes to.
    let leavesProvider: Bool

    private let table: RouteTable
    private let values: ReferenceValues
    private let record: DeploymentRecord
    private let environment: (String) -> String?
    private let credentials: Parameters?
    private let client: ClientCredentials?
    private let files: SharedFilesOnce

    /// - Parameters:
    ///   - provider: what a request's name decided; nil for what the table says.
    ///   - client: a client's own credentials, which were allowed.
    ///   - namedModel: what a pattern on Bedrock was asked for; nil for the configured model.
    init(
        _ source: DeploymentSource,
        provider decided: Provider? = nil,
        client: ClientCredentials? = nil,
        namedModel: String? = nil
    ) {
        self.namedModel = namedModel
        table = source.table
        values = source.values
        environment = source.environment
        files = source.files
        record = table.deployment(at: source.index)
        self.client = client
        credentials = record.credential.map { [table] in table.credential(at: $0).parameters }
        let configured = source.configuredBase(record)
        let name = table.resolve(record.upstreamModel, using: values) ?? ""
        if let decided {
            provider = decided
            upstreamModel = name
        } else if let known = Provider.coded(record.provider) {
            provider = known
            upstreamModel = DeploymentReader.bare(name, record.upstreamModel, known)
        } else {
            let match = source.match(name, record)
            provider = match.provider
            upstreamModel = match.upstreamModel
        }
        leavesProvider = provider == nil && name.utf8.contains(UInt8(ascii: "*"))
        base = client?.base ?? configured ?? provider?.base(environment: environment) ?? ""
        if provider?.dialect == .bedrock, mockResponse == nil { readBedrock(apiBase: configured) }
    }

    private mutating func readBedrock(apiBase: String?) {
        let reader = BedrockReader(
            value: credential,
            environment: environment,
            model: BedrockModel.withoutRoute(namedModel ?? upstreamModel),
            apiBase: apiBase,
            client: client,
            files: files
        )
        do throws(BedrockReader.Problem) {
            let settings = try reader.read(
                headers: headerLines().pairs,
                baseModel: record.parameters.string(.baseModel, using: values),
                modifiesParams: table.settings.bool(.modifyParams, using: values) ?? false
            )
            base = settings.base.text
            bedrock = settings
        } catch {
            base = ""
            bedrockProblem = error.text
        }
    }

    /// A name that came from a reference holds the prefix of the provider that was forced.
    private static func bare(_ name: String, _ text: TextRef, _ provider: Provider) -> String {
        guard case .reference = text.kind, name.hasPrefix(provider.prefix + "/") else {
            return name
        }
        return String(name.dropFirst(provider.prefix.count + 1))
    }

    /// Whether nothing is missing but a region, which a request's model may say.
    private var leavesRegion: Bool {
        namedModel == nil && upstreamModel.utf8.contains(UInt8(ascii: "*"))
            && bedrockProblem == AWSEndpointError.noRegion.description
    }

    var mockResponse: String? { record.parameters.string(.mockResponse, using: values) }

    /// A value of the credential, or of the deployment itself.
    func credential(_ key: ParameterKey) -> String? {
        let value =
            credentials?.string(key, using: values)
            ?? record.parameters.string(key, using: values)
        return value.map(DeploymentReader.trimmed)
    }

    /// A timeout; 0 is none, as in Python.
    func milliseconds(_ key: ParameterKey) -> Int? {
        record.parameters.integer(key, using: values).flatMap { $0 > 0 ? $0 : nil }
    }

    func readiness() -> ResolvedDeployment.Readiness {
        if record.parameters.bool(.isBlocked, using: values) == true { return .blocked }
        let references = DeploymentReferences(table: table, values: values)
        let missing = references.missing(record)
        if !missing.isEmpty { return .missing(missing) }
        let unreadable = references.unreadable(record)
        if !unreadable.isEmpty {
            return .invalid(unreadable.map(\.description).joined(separator: "; "))
        }
        if mockResponse != nil || leavesProvider { return .ready }
        switch provider?.dialect {
        case .mock: return .ready
        case .bedrock: return bedrock == nil && !leavesRegion ? .invalid(bedrockProblem) : .ready
        case .unsupported, .refused, nil: return .unsupported
        default: break
        }
        guard !base.isEmpty else { return .invalid("no api_base") }
        guard UpstreamURL(base) != nil else { return .invalid("api_base is no http(s) URL") }
        return .ready
    }

    /// Authentication, and what the table adds.
    func headerLines() -> HeaderLines {
        var lines = HeaderLines()
        if let client {
            // The table's credentials go only to the table's base, and not beside a client's.
            if client.base == nil { addExtraHeaders(to: &lines) }
            if let key = client.apiKey {
                setKey(key, in: &lines)
            } else if client.base == nil {
                setConfiguredKey(in: &lines)
            }
            return lines
        }
        setConfiguredKey(in: &lines)
        if let organization = credential(.organization) {
            lines.set("openai-organization", organization)
        }
        addExtraHeaders(to: &lines)
        return lines
    }

    private func setConfiguredKey(in lines: inout HeaderLines) {
        if let token = credential(.azureADToken) {
            lines.set("authorization", "Bearer " + token)
        } else if let key = credential(.apiKey) ?? provider?.key(environment: environment) {
            setKey(DeploymentReader.trimmed(key), in: &lines)
        }
    }

    private func setKey(_ key: String, in lines: inout HeaderLines) {
        if key.isEmpty { return }
        for name in ["authorization", "api-key", "x-api-key"] where client?.apiKey != nil {
            lines.remove(name)
        }
        switch provider?.keyHeader(base: base) ?? .none {
        case .bearer: lines.set("authorization", "Bearer " + key)
        case .apiKey: lines.set("api-key", key)
        case .xAPIKey: lines.set("x-api-key", key)
        case .none: break
        }
    }

    private func addExtraHeaders(to lines: inout HeaderLines) {
        guard let pairs = record.parameters.list(.extraHeaders) else { return }
        let texts = pairs.map { table.resolve($0, using: values) ?? "" }
        for place in stride(from: 0, to: texts.count - 1, by: 2) {
            lines.set(texts[place], texts[place + 1])
        }
    }

    func policy(scanner: JSONScanner) -> RequestPolicy {
        var policy = RequestPolicy()
        // The deployment's own members stand last, where they count.
        let general = table.settings.json(.defaultParameters).flatMap {
            table.resolve(json: $0, using: values)
        }
        let own = json(.defaultParameters)
        let defaults = [general, own].compactMap { $0 }.filter { !$0.isEmpty }
        policy.defaults = members(defaults.joined(separator: ","), scanner)
        // It may hold credentials, which are no business of a client's own upstream.
        if client?.base == nil { policy.extraBody = members(json(.extraBody) ?? "", scanner) }
        if let dropped = record.parameters.list(.additionalDropParams) {
            policy.drop(
                dropped.compactMap { table.resolve($0, using: values) }.map { DropPath($0) }
            )
        }
        return policy
    }

    /// A base URL without the `/v1` at its end: vLLM has some endpoints beside it.
    static func withoutVersion(_ base: String) -> String {
        var text = Substring(base)
        while text.hasSuffix("/") { text = text.dropLast() }
        return text.hasSuffix("/v1") ? String(text.dropLast(3)) : String(text)
    }

    private func json(_ key: ParameterKey) -> String? {
        record.parameters.json(key).flatMap { table.resolve(json: $0, using: values) }
    }

    private func members(_ text: String, _ scanner: JSONScanner) -> MemberTexts {
        guard !text.isEmpty else { return .none }
        return (try? MemberTexts(parsing: Array(text.utf8), scanner: scanner)) ?? .none
    }

    /// Secrets' files end in a line feed more often than not.
    private static func trimmed(_ text: String) -> String {
        var bytes = Substring(text)
        while let last = bytes.utf8.last, last <= 0x20 { bytes = bytes.dropLast() }
        while let first = bytes.utf8.first, first <= 0x20 { bytes = bytes.dropFirst() }
        return String(bytes)
    }
}

/// What a deployment is read from, kept for variants of it.
struct DeploymentSource {
    let index: Int
    let table: RouteTable
    let values: ReferenceValues
    let environment: (String) -> String?
    let scanner: JSONScanner
    let files: SharedFilesOnce

    var record: DeploymentRecord { table.deployment(at: index) }

    func configuredBase(_ record: DeploymentRecord) -> String? {
        record.apiBase.flatMap { table.resolve($0, using: values) }
    }

    /// What a model's name with its prefix means here.
    func match(_ name: String, _ record: DeploymentRecord) -> ProviderMatch {
        let base = configuredBase(record)
        var match = Provider.resolve(model: name, apiBase: base)
        if match.provider?.dialect == .refused, base != nil {
            // As the compiler does: the server's own API instead of LiteLLM's in-process engine.
            match.provider = Provider.named("hosted_vllm") ?? match.provider
        }
        return match
    }
}
