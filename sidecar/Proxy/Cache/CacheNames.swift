internal import OpenAI
internal import ResponseCache
internal import RouteTable
internal import Routing

/// What of a table, and of who asks, counts in the names of cached answers. Worked out once for
/// each model and caller of a worker's table.
final class CacheNames {
    private let snapshot: TableSnapshot
    private var tenants: [Caller: String] = [:]
    private var models: [Int: [UInt8]] = [:]
    private var ofSettings: [UInt8]?
    private var starts: [Start: CacheKeyBuilder] = [:]

    /// What the first parts of a name are made of, for a request that asks for nothing of its own.
    struct Start: Hashable {
        let endpoint: Endpoint
        let isNamedByPath: Bool
        let caller: Caller
        let model: Int
        let epoch: UInt64
    }

    /// The first parts of a name, made once.
    func start(_ key: Start, _ make: () -> CacheKeyBuilder) -> CacheKeyBuilder {
        if let known = starts[key] { return known }
        let made = make()
        // Each flush makes all of them useless.
        if starts.count >= 4_096 { starts.removeAll() }
        starts[key] = made
        return made
    }

    init(_ snapshot: TableSnapshot) {
        self.snapshot = snapshot
    }

    /// Whose answers these are. No two tenants have one text.
    func tenant(_ caller: Caller, _ scope: CacheSettings.Scope) -> String {
        if let known = tenants[caller] { return known }
        let made = makeTenant(caller, scope)
        tenants[caller] = made
        return made
    }

    private func makeTenant(_ caller: Caller, _ scope: CacheSettings.Scope) -> String {
        if scope == .all { return "all" }
        switch caller {
        case .anonymous: return "anonymous"
        case .master: return "master"
        case .key(let place):
            let parameters = snapshot.table.virtualKeyParameters(at: place)
            if scope == .team, let team = parameters.string(.keyTeam, using: snapshot.values),
                !team.isEmpty
            {
                return "team:" + team
            }
            return "key:" + (snapshot.access.label(caller).hash ?? "")
        }
    }

    /// Which model a request is for, and what becomes of requests there.
    func name(_ group: ResolvedGroup) -> [UInt8] {
        if group.match == nil, group.pinnedDeployment == nil { return name(ofModel: group.model) }
        var builder = CacheKeyBuilder()
        builder.add(name(ofModel: group.model))
        builder.add(group.match?.name ?? "")
        builder.add(group.pinnedDeployment.map { snapshot.table.deploymentID(at: $0) } ?? "")
        return builder.key()?.bytes ?? []
    }

    private func name(ofModel model: Int) -> [UInt8] {
        if let known = models[model] { return known }
        let name = snapshot.table.string(snapshot.table.model(at: model).name)
        var builder = CacheKeyBuilder()
        var deployments: Set<[UInt8]> = []
        let partners = snapshot.cache?.partners[name] ?? [name]
        builder.add(partners)
        for partner in partners {
            guard case .model(let index)? = snapshot.table.lookUp(name: partner) else { continue }
            for deployment in snapshot.table.model(at: index).deployments {
                deployments.insert(self.name(ofDeployment: deployment))
            }
        }
        for deployment in deployments.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            builder.add(deployment)
        }
        let made = builder.key()?.bytes ?? []
        models[model] = made
        return made
    }

    /// What of a deployment changes requests. Where it is, its key, its weight and its limits do
    /// not: another replica is the same.
    private static let changing: [ParameterKey] = [
        .extraHeaders, .extraBody, .defaultParameters, .dropParams, .additionalDropParams,
        .allowedOpenAIParams, .mergeReasoningContent, .baseModel, .mockResponse, .apiVersion,
        .modifyParams,
        .dialect,
    ]

    private func name(ofDeployment index: Int) -> [UInt8] {
        let table = snapshot.table
        let deployment = table.deployment(at: index)
        var builder = CacheKeyBuilder()
        builder.add(String(deployment.provider))
        builder.add(table.resolve(deployment.upstreamModel, using: snapshot.values) ?? "")
        add(Self.changing, of: deployment.parameters, to: &builder)
        if let credential = deployment.credential {
            add([.apiVersion], of: table.credential(at: credential).parameters, to: &builder)
        }
        return builder.key()?.bytes ?? []
    }

    /// What the whole table changes in requests and answers.
    var settings: [UInt8] {
        if let ofSettings { return ofSettings }
        var builder = CacheKeyBuilder()
        add(
            [
                .dropParams, .defaultParameters, .alwaysIncludeStreamUsage, .modifyParams,
                .mergeReasoningContent,
            ],
            of: snapshot.table.settings,
            to: &builder
        )
        let made = builder.key()?.bytes ?? []
        ofSettings = made
        return made
    }

    private func add(
        _ keys: [ParameterKey],
        of parameters: Parameters,
        to builder: inout CacheKeyBuilder
    ) {
        let values = snapshot.values
        for key in keys where parameters.contains(key) {
            builder.add(String(key.rawValue))
            if let flag = parameters.bool(key, using: values) {
                builder.add([String(flag)])
            } else if let text = parameters.string(key, using: values) {
                builder.add([text])
            } else if let list = parameters.list(key) {
                builder.add(list.map { snapshot.table.resolve($0, using: values) ?? "" })
            } else if let pieces = parameters.json(key) {
                builder.add([snapshot.table.resolve(json: pieces, using: values) ?? ""])
            }
        }
    }
}
