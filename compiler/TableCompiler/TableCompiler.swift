package import RouteConfig
package import RouteTable
internal import Cryptography
internal import YAML

/// Turns a configuration into a table's contents: groups, identifiers, providers, weights, and the
/// checks that need the whole of it.
package struct TableCompiler {
    let sink: DiagnosticSink
    var contents = TableContents()
    private(set) var groups: [String: Int] = [:]
    private var weighing: [[DeploymentConfig]] = []
    private var credentials = CredentialPool()
    /// Names of `environment_variables`.
    private var variables: Set<String> = []
    private let prices: PriceMap?
    /// The next number to try for an identifier that is there already.
    private var nextNumbers: [Deployment.ID: Int] = [:]

    /// - Parameters:
    ///   - generation: The number that a rollout gives the table.
    ///   - prices: What deployments cost that do not say it themselves.
    package static func compile(
        _ config: RouteConfig,
        generation: UInt64 = 0,
        prices: PriceMap? = nil,
        sink: DiagnosticSink
    ) -> TableContents {
        var compiler = TableCompiler(sink: sink, prices: prices)
        compiler.contents.generation = generation
        compiler.compile(config)
        return compiler.contents
    }

    private init(sink: DiagnosticSink, prices: PriceMap?) {
        self.sink = sink
        self.prices = prices
    }

    private mutating func compile(_ config: RouteConfig) {
        contents.settings = config.settings
        contents.environment = config.environment
        variables = Set(config.environment.map(\.name))
        masterKey(config.masterKey)
        for credential in config.credentials { credentials.add(credential, sink: sink) }
        for deployment in config.deployments { add(deployment) }
        routingGroups(config)
        weigh()
        uniqueIDs(config.deployments)
        contents.credentials = credentials.credentials
        groupParameters(config)
        contents.virtualKeys = virtualKeys(config)
        contents.aliases = unique(aliases(config))
        contents.fallbacks = merged(config.fallbacks)
        let isAsked =
            !(config.aliases.isEmpty && config.fallbacks.isEmpty && config.routingGroups.isEmpty)
        TargetCheck(contents: contents, isAsked: isAsked, sink: sink).run(config)
        FallbackLoops(contents: contents, sink: sink).run(config)
        RoutingCheck(
            contents: contents,
            groups: weighing,
            hasPriceMap: prices != nil,
            sink: sink
        ).run(config)
        CredentialOrder.apply(to: &contents)
    }

    private mutating func weigh() {
        for index in contents.models.indices {
            let strategy = ModelStrategy(contents.models[index], settings: contents.settings)
            let group = weighing[index]
            let weights = DeploymentWeights(group, strategy: strategy, sink: sink).values
            for (place, weight) in weights.enumerated() {
                contents.models[index].deployments[place].weight = weight
            }
        }
    }

    private mutating func masterKey(_ key: Text?) {
        switch key {
        case nil: break
        case .reference: contents.settings[.masterKey] = key.map { .text($0) }
        case .literal(let value), .secret(let value):
            contents.settings[.masterKeyDigest] = .digest(SHA256.hash(value))
        }
    }

    private mutating func add(_ config: DeploymentConfig) {
        let builder = DeploymentBuilder(sink: sink, variables: variables)
        guard var deployment = builder.build(config) else { return }
        let resolved = credentials.resolve(config, sink: sink)
        deployment.credential = resolved.index
        if deployment.apiBase == nil { deployment.apiBase = resolved.apiBase }
        let credential = resolved.index.map { credentials.credentials[$0].parameters } ?? [:]
        PlainTextCheck(sink: sink).run(deployment, credential, config)
        if let prices { deployment.addPrices(from: prices, region: region(of: deployment)) }
        let name = config.modelName.value
        if let index = groups[name] {
            contents.models[index].deployments.append(deployment)
            weighing[index].append(config)
        } else {
            groups[name] = contents.models.count
            contents.models.append(Model(name: name, deployments: [deployment]))
            weighing.append([config])
        }
    }

    /// The region that a deployment on Bedrock names, itself or by its credential.
    private func region(of deployment: Deployment) -> String? {
        let credential = deployment.credential.map { credentials.credentials[$0].parameters }
        guard case .text(.literal(let name))? = credential?[.awsRegion] else { return nil }
        return name
    }

    /// Equal identifiers would make two deployments one in cool-downs, limits and metrics.
    private mutating func uniqueIDs(_ configs: [DeploymentConfig]) {
        var used: Set<Deployment.ID> = []
        for model in contents.models.indices {
            for place in contents.models[model].deployments.indices {
                let id = contents.models[model].deployments[place].id
                if used.insert(id).inserted { continue }
                let unique = next(after: id, used, &nextNumbers)
                used.insert(unique)
                contents.models[model].deployments[place].id = unique
                let config = weighing[model][place]
                sink.warn(
                    .duplicateID,
                    config.id?.mark ?? config.mark,
                    "another deployment has the same identifier \(id.text)",
                    hint: "this one is called \(unique.text); give each its own model_info.id"
                )
            }
        }
    }

    private func next(
        after id: Deployment.ID,
        _ used: Set<Deployment.ID>,
        _ numbers: inout [Deployment.ID: Int]
    ) -> Deployment.ID {
        // From where the last search for this one ended: thousands may be copies of one entry.
        for number in numbers[id, default: 2]... {
            let candidate: Deployment.ID =
                switch id {
                case .explicit(let name): .explicit("\(name)-\(number)")
                case .derived(let value): .derived(value &+ UInt64(number) &- 1)
                }
            if used.contains(candidate) { continue }
            numbers[id] = number + 1
            return candidate
        }
        return id
    }

    private mutating func groupParameters(_ config: RouteConfig) {
        for placed in config.groupParameters {
            guard let index = groups[placed.value.name] else {
                sink.warn(
                    .danglingTarget,
                    placed.mark,
                    "no model is called \(placed.value.name)"
                )
                continue
            }
            contents.models[index].parameters.merge(placed.value.parameters) { _, new in new }
        }
    }

    private func virtualKeys(_ config: RouteConfig) -> [VirtualKey] {
        var used: Set<[UInt8]> = []
        return config.virtualKeys.compactMap { key in
            let digest =
                switch key.key {
                case .digest(let digest): digest
                case .literal(let text): SHA256.hash(text)
                }
            guard used.insert(digest).inserted else {
                sink.warn(.duplicateName, key.mark, "this key stands here twice; the first wins")
                return nil
            }
            return VirtualKey(digest: digest, parameters: key.parameters)
        }
    }

    /// A name stands for one thing in a table. LiteLLM would follow the alias.
    private func unique(_ aliases: [Placed<Alias>]) -> [Alias] {
        var used: Set<String> = []
        return aliases.compactMap { placed in
            let name = placed.value.name
            if groups[name] != nil {
                sink.warn(
                    .duplicateName,
                    placed.mark,
                    "\(name) is the name of a model too; this alias is left out",
                    hint: "rename the alias, or the model that it hides"
                )
                return nil
            }
            guard used.insert(name).inserted else {
                sink.warn(
                    .duplicateName,
                    placed.mark,
                    "\(name) is the name of another alias too; this one is left out"
                )
                return nil
            }
            return placed.value
        }
    }

    /// Several entries for one model and trigger: the first one counts, as in LiteLLM.
    private func merged(_ rules: [Placed<FallbackRule>]) -> [FallbackRule] {
        var used: Set<String> = []
        return rules.compactMap { placed in
            let key = "\(placed.value.trigger.rawValue) \(placed.value.model)"
            guard used.insert(key).inserted else {
                sink.warn(
                    .duplicateName,
                    placed.mark,
                    "the fallbacks of \(placed.value.model) stand here twice; the first ones win"
                )
                return nil
            }
            return placed.value
        }
    }
}

extension Deployment.ID {
    /// An identifier of 16 lower-case hexadecimal digits is stored as the number that it is, like
    /// a derived one, which a configuration may thus repeat.
    init(text: String) {
        let digits = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        if digits, text.utf8.count == 16, let number = UInt64(text, radix: 16) {
            self = .derived(number)
        } else {
            self = .explicit(text)
        }
    }

    /// As it is printed: the name, or 16 hexadecimal digits.
    package var text: String {
        switch self {
        case .explicit(let name): return name
        case .derived(let value):
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }
}
