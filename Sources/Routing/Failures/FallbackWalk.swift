internal import ProviderData
package import RouteTable

/// The groups that a request is led through: those of its name, then whatever the fallback rules
/// say, depth first, each group once (LiteLLM §5.6). Pure.
package struct FallbackWalk {
    /// A place to try: the groups of one name, in order.
    package struct Stop {
        /// The name that led here: the client's, or a fallback's.
        package let name: String
        package let groups: ResolvedGroups
        /// 0 for the client's own name.
        package let depth: Int
        /// The place among the request's own fallbacks; nil for the others.
        package let requestFallback: Int?
        /// Whether the request named it, in whatever kind of fallbacks, and not the table.
        package let isRequests: Bool

        init(
            name: String,
            groups: ResolvedGroups,
            depth: Int,
            requestFallback: Int?,
            isRequests: Bool = false
        ) {
            self.name = name
            self.groups = groups
            self.depth = depth
            self.requestFallback = requestFallback
            self.isRequests = isRequests
        }

        /// The stop of the client's own name.
        package init(name: String, groups: ResolvedGroups) {
            self.init(name: name, groups: groups, depth: 0, requestFallback: nil)
        }
    }

    /// What a request says of its fallbacks.
    package struct Wishes {
        /// Names, in order; nil when it says none.
        package var fallbacks: [String]?
        /// By the model that fails; `*` stands for any other.
        package var contextWindow: [String: [String]]?
        package var contentPolicy: [String: [String]]?
        /// `disable_fallbacks`.
        package var isDisabled = false

        /// None.
        package init() {}
    }

    private let rules: FallbackRules
    private let resolver: ModelResolver
    private let wishes: Wishes
    private let depthMax: Int
    private var stack: [Stop] = []
    /// The first is nearly always the only one, and costs no set.
    private var firstEntered: Visit?
    private var entered: Set<Visit> = []

    /// What makes one visit of a group different from another: a pattern stands for many models.
    private struct Visit: Hashable {
        let model: Int
        let deployment: Int?
        let name: String?

        init(_ group: ResolvedGroup) {
            model = group.model
            deployment = group.pinnedDeployment
            name = group.match?.name
        }
    }

    /// - Parameter depthMax: `max_fallbacks`.
    package init(table: RouteTable, wishes: Wishes, depthMax: Int) {
        rules = FallbackRules(table: table)
        resolver = ModelResolver(table: table)
        self.wishes = wishes
        self.depthMax = depthMax
    }

    package static let standardDepthMax = 5

    /// Whether a group is to be tried: false for one that this request was in already.
    package mutating func enter(_ group: ResolvedGroup) -> Bool {
        let visit = Visit(group)
        guard firstEntered != nil else {
            firstEntered = visit
            return true
        }
        return visit != firstEntered && entered.insert(visit).inserted
    }

    /// Plans what comes after a stop that has failed.
    package mutating func plan(after stop: Stop, _ kind: FailureKind) {
        guard !wishes.isDisabled, stop.depth < depthMax else { return }
        let targets = targets(of: stop, kind)
        for (place, name) in targets.names.enumerated().reversed() {
            let groups = resolver.resolve(name)
            if groups.isEmpty { continue }
            stack.append(
                Stop(
                    name: name,
                    groups: groups,
                    depth: stop.depth + 1,
                    requestFallback: targets.source == .fallbacks ? place : nil,
                    isRequests: targets.source != .table
                )
            )
        }
    }

    /// The next stop that has a group in which this request was not yet; nil at the end. Others are
    /// passed over together with what would come after them, so that rules in a circle end.
    package mutating func next() -> Stop? {
        while let stop = stack.popLast() {
            if hasNews(stop.groups) { return stop }
        }
        return nil
    }

    /// Whether a failure of a stop would lead anywhere.
    package func hasNext(after stop: Stop, _ kind: FailureKind) -> Bool {
        if stack.contains(where: { hasNews($0.groups) }) { return true }
        guard !wishes.isDisabled, stop.depth < depthMax else { return false }
        return targets(of: stop, kind).names.contains { hasNews(resolver.resolve($0)) }
    }

    private func hasNews(_ groups: ResolvedGroups) -> Bool {
        groups.contains { group in
            let visit = Visit(group)
            return visit != firstEntered && !entered.contains(visit)
        }
    }

    /// Where targets come from.
    private enum Source {
        case table
        /// The request's `fallbacks`.
        case fallbacks
        /// The request's own for a kind of failure.
        case ofKind
    }

    private func targets(of stop: Stop, _ kind: FailureKind) -> (names: [String], source: Source) {
        if stop.depth == 0, let own = wishes.fallbacks { return (own, .fallbacks) }
        let names = [stop.name] + rules.modelNames(stop.groups).filter { $0 != stop.name }
        switch kind {
        case .contextWindow:
            if let own = wishes.contextWindow {
                return (FallbackWalk.targets(in: own, names), .ofKind)
            }
            if let found = rules.special(.contextWindow, names) { return (found, .table) }
        case .contentPolicy:
            if let own = wishes.contentPolicy {
                return (FallbackWalk.targets(in: own, names), .ofKind)
            }
            if let found = rules.special(.contentPolicy, names) { return (found, .table) }
        default: break
        }
        return (rules.general(names), .table)
    }

    private static func targets(in own: [String: [String]], _ names: [String]) -> [String] {
        for name in names + ["*"] {
            if let found = own[name] { return found }
        }
        return []
    }
}

/// The table's fallback rules by name.
package struct FallbackRules: Sendable {
    private let table: RouteTable

    package init(table: RouteTable) {
        self.table = table
    }

    /// The names that a rule may be written for: the models' own.
    package func modelNames(_ groups: ResolvedGroups) -> [String] {
        groups.map { table.string(table.model(at: $0.model).name) }
    }

    /// Rules for one kind of failure; nil when the table has none of that kind at all, empty when
    /// it has some but none for these names.
    package func special(_ trigger: FallbackRule.Trigger, _ names: [String]) -> [String]? {
        for name in names + ["*"] {
            if let found = table.fallbacks(trigger: trigger, model: name) { return texts(found) }
        }
        let hasAny = (0..<table.counts.fallbacks).contains {
            table.fallback(at: $0).trigger == trigger
        }
        return hasAny ? [] : nil
    }

    /// The rule for any failure: of the name, of it without or with a provider's prefix, of `*`.
    package func general(_ names: [String]) -> [String] {
        for name in names {
            if let found = rule(name) { return texts(found) }
        }
        return table.fallbacks(trigger: .anyFailure, model: "*").map(texts) ?? []
    }

    private func rule(_ name: String) -> TargetList? {
        if let found = table.fallbacks(trigger: .anyFailure, model: name) { return found }
        if let slash = name.firstIndex(of: "/"), Provider.named(String(name[..<slash])) != nil {
            let bare = String(name[name.index(after: slash)...])
            if let found = table.fallbacks(trigger: .anyFailure, model: bare) { return found }
        }
        // A rule may be written with the provider that the request left out.
        for prefix in Self.prefixes {
            if let found = table.fallbacks(trigger: .anyFailure, model: prefix + name) {
                return found
            }
        }
        return nil
    }

    /// As the table sorts its rules, so that the first one of several counts.
    private static let prefixes = Provider.all.map { $0.prefix + "/" }.sorted {
        $0.utf8.lexicographicallyPrecedes($1.utf8)
    }

    private func texts(_ targets: TargetList) -> [String] {
        targets.map { table.string($0.name) }
    }
}
