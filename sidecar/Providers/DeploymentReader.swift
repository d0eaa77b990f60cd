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
    let base: String

    private let table: RouteTable
    private let values: ReferenceValues
    private let record: DeploymentRecord
    private let environment: (String) -> String?
    private let credentials: Parameters?

    init(
        table: RouteTable,
        values: ReferenceValues,
        record: DeploymentRecord,
        environment: @escaping (String) -> String?
    ) {
        self.table = table
        self.values = values
        self.record = record
        self.environment = environment
        credentials = record.credential.map { table.credential(at: $0).parameters }
        let configured = record.apiBase.flatMap { table.resolve($0, using: values) }
        let name = table.resolve(record.upstreamModel, using: values) ?? ""
        if let known = Provider.coded(record.provider) {
            provider = known
            upstreamModel = name
        } else {
            let match = Provider.resolve(model: name, apiBase: configured)
            provider = match.provider
            upstreamModel = match.upstreamModel
        }
        base = configured ?? provider?.base(environment: environment) ?? ""
    }

    var mockResponse: String? { record.parameters.string(.mockResponse, using: values) }

    /// A value of the credential, or of the deployment itself.
    func credential(_ key: ParameterKey) -> String? {
        let value =
            credentials?.string(key, using: values)
            ?? record.parameters.string(key, using: values)
        return value.map(DeploymentReader.trimmed)
    }

    func readiness() -> ResolvedDeployment.Readiness {
        if record.parameters.bool(.isBlocked) == true { return .blocked }
        let missing = DeploymentReferences(table: table, values: values).missing(record)
        if !missing.isEmpty { return .missing(missing) }
        if mockResponse != nil { return .ready }
        switch provider?.dialect {
        case .mock: return .ready
        case .bedrock, .unsupported, .refused, nil: return .unsupported
        default: break
        }
        guard !base.isEmpty else { return .invalid("no api_base") }
        guard UpstreamURL(base) != nil else { return .invalid("api_base is no http(s) URL") }
        return .ready
    }

    /// `name: value\r\n` for each.
    func headerLines() -> HeaderLines {
        var lines = HeaderLines()
        if let token = credential(.azureADToken) {
            lines.add("authorization", "Bearer " + token)
        } else if let key = credential(.apiKey) ?? provider?.key(environment: environment) {
            switch provider?.keyHeader(base: base) ?? .none {
            case .bearer: lines.add("authorization", "Bearer " + DeploymentReader.trimmed(key))
            case .apiKey: lines.add("api-key", key)
            case .xAPIKey: lines.add("x-api-key", key)
            case .none: break
            }
        }
        if let organization = credential(.organization) {
            lines.add("openai-organization", organization)
        }
        if let pairs = record.parameters.list(.extraHeaders) {
            let texts = pairs.map { table.resolve($0, using: values) ?? "" }
            for place in stride(from: 0, to: texts.count - 1, by: 2) {
                lines.add(texts[place], texts[place + 1])
            }
        }
        return lines
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
        policy.extraBody = members(json(.extraBody) ?? "", scanner)
        if let dropped = record.parameters.list(.additionalDropParams) {
            policy.droppedKeys = dropped.compactMap {
                table.resolve($0, using: values).map { Array($0.utf8) }
            }
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

/// Header lines of a request, safe against values that would end their line.
struct HeaderLines {
    private(set) var bytes: [UInt8] = []
    /// In lower case.
    private(set) var names: Set<[UInt8]> = []

    /// Names that are not tokens (RFC 9110 §5.6.2) are left out; control characters in values become
    /// spaces.
    mutating func add(_ name: String, _ value: String) {
        guard !name.isEmpty, name.utf8.allSatisfy(HeaderLines.isToken) else { return }
        names.insert(Array(name.lowercased().utf8))
        bytes += name.utf8
        bytes += [UInt8(ascii: ":"), 0x20]
        bytes += value.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
        bytes += [0x0D, 0x0A]
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
