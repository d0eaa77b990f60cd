internal import RouteConfig
internal import RouteTable

/// The credentials of a table: the named ones, and each different set written at deployments once.
struct CredentialPool {
    private(set) var credentials: [Credential] = []
    private var bases: [Int: Text] = [:]
    private var named: [String: Int] = [:]
    private var unnamed: [ParameterSet: Int] = [:]

    mutating func add(_ config: CredentialConfig, sink: DiagnosticSink) {
        let name = config.name.value
        guard named[name] == nil else {
            sink.warn(
                .duplicateName,
                config.name.mark,
                "another credential is called \(name)",
                hint: "the first one counts"
            )
            return
        }
        named[name] = credentials.count
        if let base = config.apiBase { bases[credentials.count] = base }
        credentials.append(Credential(name: name, parameters: config.parameters))
    }

    /// The credential of a deployment: the named one, what stands at the deployment, or both, where
    /// the deployment's own wins.
    mutating func resolve(
        _ config: DeploymentConfig,
        sink: DiagnosticSink
    ) -> (index: Int?, apiBase: Text?) {
        guard let name = config.credentialName else {
            return (index(config.credential), nil)
        }
        guard let index = named[name.value] else {
            sink.warn(
                .unknownCredential,
                name.mark,
                "no credential is called \(name.value)",
                hint: "credential_list holds them"
            )
            return (self.index(config.credential), nil)
        }
        if config.credential.isEmpty { return (index, bases[index]) }
        var merged = config.credential.merging(credentials[index].parameters) { own, _ in own }
        // What is said of the named one is not true of this one.
        merged[.credentialInfo] = nil
        return (self.index(merged), bases[index])
    }

    private mutating func index(_ parameters: ParameterSet) -> Int? {
        if parameters.isEmpty { return nil }
        if let index = unnamed[parameters] { return index }
        unnamed[parameters] = credentials.count
        credentials.append(Credential(parameters: parameters))
        return credentials.count - 1
    }
}

/// Numbers credentials by what they are for and not by where they stood, so that the order of
/// included files does not show: the named ones by name, then the others by the first deployment
/// that uses them, of the models by name.
enum CredentialOrder {
    static func apply(to contents: inout TableContents) {
        let named = contents.credentials.indices.filter { !contents.credentials[$0].name.isEmpty }
        var order = named.sorted { left, right in
            precedes(contents.credentials[left].name, contents.credentials[right].name)
        }
        var seen = Set(order)
        for model in contents.models.sorted(by: { precedes($0.name, $1.name) }) {
            for case let index? in model.deployments.map(\.credential)
            where seen.insert(index).inserted {
                order.append(index)
            }
        }
        let numbers = Dictionary(
            uniqueKeysWithValues: order.enumerated().map { ($0.element, $0.offset) }
        )
        contents.credentials = order.map { contents.credentials[$0] }
        for model in contents.models.indices {
            for place in contents.models[model].deployments.indices {
                let index = contents.models[model].deployments[place].credential
                contents.models[model].deployments[place].credential = index.flatMap { numbers[$0] }
            }
        }
    }

    /// By bytes, as the table sorts names.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
