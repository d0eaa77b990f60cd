internal import Cryptography
internal import JSON
internal import RouteConfig
package import RouteTable
internal import Routing

/// Works out where a request would go, by the code that the sidecar runs. References have no value
/// here: what they decide is taken for not set, and deployments that need them for usable.
package struct Explainer {
    let table: RouteTable
    let query: ExplainQuery
    let values = ReferenceValues([])
    let mask: TableMask
    let routing: RoutingState
    let now: Moment
    let tags: [String]
    private let resolver: ModelResolver
    private let key: KeyOutlook?

    private init(_ table: RouteTable, _ query: ExplainQuery) throws(ExplainError) {
        self.table = table
        self.query = query
        mask = TableMask(table.contents())
        (routing, now) =
            query.state?.restored()
            ?? (RoutingState(), Moment(nanoseconds: 1, minute: UInt64(max(0, query.now)) / 60))
        resolver = ModelResolver(table: table)
        var key: KeyOutlook?
        if let wanted = query.key {
            guard let found = KeyOutlook(wanted, table: table, values: values) else {
                throw .unknownKey
            }
            key = found
        }
        self.key = key
        tags = query.tags + (key?.tags ?? [])
    }

    /// Explains a query.
    package static func explain(
        _ query: ExplainQuery,
        table: RouteTable
    ) throws(ExplainError) -> Explanation {
        try Explainer(table, query).explanation()
    }

    private func explanation() throws(ExplainError) -> Explanation {
        let groups = resolver.resolve(query.name)
        guard let first = groups.first else { throw nothing() }
        var explanation = Explanation(
            name: mask.name(query.name),
            resolution: resolution(first),
            isStream: query.isStream
        )
        if let key {
            let access = ModelAccess.groups(
                ofModels: groups.map(\.model),
                table: table,
                values: values
            )
            let refusal = key.refusal(query.name, accessGroups: access, now: query.now)
            explanation.key = Explanation.Key(
                label: mask.name(key.label),
                refusal: refusal,
                tags: key.tags.map(mask.name)
            )
        }
        if query.state != nil {
            explanation.retryBudget = routing.retryBudget.counts(at: now)
            explanation.isRetryBudgetSpent = routing.retryBudget.isSpent(at: now)
        }
        var worstCases = WorstCases(table: table)
        for group in groups {
            var worst = worstCases.ofModel(at: group.model)
            worst.groups = worst.groups.map(mask.name)
            let explainer = GroupExplainer(self, group)
            explanation.groups.append(try explainer.explanation(worst))
        }
        explanation.fallbacks = fallbacks(groups)
        return explanation
    }

    // MARK: The name

    private func resolution(_ group: ResolvedGroup) -> Explanation.Resolution {
        if case .alias(let index)? = table.lookUp(name: query.name) {
            return .alias(table.alias(at: index).targets.map { mask.name(table.string($0.name)) })
        }
        let model = mask.name(table.string(table.model(at: group.model).name))
        if group.pinnedDeployment != nil { return .deployment(model: model) }
        guard let match = group.match else { return .model }
        return .pattern(model, captures: match.captures.map(mask.name))
    }

    private func nothing() -> ExplainError {
        let name = IndentedText.printable(mask.name(query.name))
        if case .alias? = table.lookUp(name: query.name) { return .danglingAlias(name: name) }
        let models = (0..<table.counts.models).lazy.map { table.string(table.model(at: $0).name) }
        let aliases = (0..<table.counts.aliases).lazy.map { table.string(table.alias(at: $0).name) }
        let nearest = NearestNames(to: query.name, of: [Array(models), Array(aliases)].joined())
        return .unknownModel(
            name: name,
            nearest: nearest.names.map { IndentedText.printable(mask.name($0)) }
        )
    }

    // MARK: Fallbacks

    private func fallbacks(_ groups: ResolvedGroups) -> [Explanation.Fallback] {
        let any = names(groups, after: .internalServer)
        var fallbacks = [Explanation.Fallback(failure: .any, names: any)]
        for (failure, kind) in [
            (Explanation.Fallback.Failure.contextWindow, FailureKind.contextWindow),
            (.contentPolicy, .contentPolicy),
        ] {
            let names = names(groups, after: kind)
            if names != any { fallbacks.append(.init(failure: failure, names: names)) }
        }
        return fallbacks
    }

    /// The names that a request is led to when each group fails in this way.
    private func names(_ groups: ResolvedGroups, after kind: FailureKind) -> [String] {
        let depth =
            table.settings.integer(.maxFallbacks, using: values) ?? FallbackWalk.standardDepthMax
        var walk = FallbackWalk(table: table, wishes: FallbackWalk.Wishes(), depthMax: depth)
        var names: [String] = []
        var next: FallbackWalk.Stop? = FallbackWalk.Stop(name: query.name, groups: groups)
        while let stop = next {
            var isNew = false
            for group in stop.groups where walk.enter(group) { isNew = true }
            if isNew, stop.depth > 0 { names.append(mask.name(stop.name)) }
            walk.plan(after: stop, kind)
            next = walk.next()
        }
        return names
    }
}

/// The names nearest to one that is unknown.
struct NearestNames {
    /// At most three, the nearest first.
    let names: [String]

    init(to name: String, of known: some Sequence<String>) {
        let near = known.compactMap { other in
            KnownKey.distance(from: name, toNear: other).map { (name: other, distance: $0) }
        }
        let sorted = near.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        names = sorted.prefix(3).map(\.name)
    }
}
