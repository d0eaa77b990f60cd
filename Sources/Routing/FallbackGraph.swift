internal import ProviderData
internal import RouteTable

/// Which groups a request that fails everywhere may enter by a table's fallback rules. Groups are
/// numbered as they are met, and what follows each is looked up once.
struct FallbackGraph {
    /// A group that a request entered, and the name that led there.
    struct Group: Hashable {
        let model: Int
        /// What rules are looked up by: the model's name, or the one that its pattern matched.
        let name: String
    }

    /// Those met so far.
    private(set) var groups: [Group] = []
    private var numbers: [Group: Int] = [:]
    /// What may follow a group by its number, whatever its failure; nil until it is asked for.
    private var onward: [[Int]?] = []
    /// The walk that entered a group last, by the group's number.
    private var lastWalk: [Int] = []
    private var walkCount = 0

    /// The compiler lets no more into a table.
    private static let depthLimit = 100

    private let table: RouteTable
    private let resolver: ModelResolver
    private let depthMax: Int
    /// Whether `max_fallbacks` is a reference and was taken for its default.
    let isDepthKnown: Bool
    /// The kinds of failure that there are rules for, the general one first.
    private let triggers: [FallbackRule.Trigger]
    /// Names of rules that a pattern matches, by the pattern's model.
    private let patternNames: [Int: [String]]
    /// The rules whose names have a provider's prefix, by the name without it.
    private let prefixed: [RuleName: String]

    private struct RuleName: Hashable {
        let trigger: FallbackRule.Trigger
        let name: String
    }

    init(table: RouteTable) {
        self.table = table
        resolver = ModelResolver(table: table)
        depthMax = min(table.settings.integer(.maxFallbacks) ?? 5, Self.depthLimit)
        isDepthKnown = table.settings.text(.maxFallbacks) == nil
        var triggers: [FallbackRule.Trigger] = [.anyFailure]
        var patternNames: [Int: [String]] = [:]
        var prefixed: [RuleName: String] = [:]
        for index in 0..<table.counts.fallbacks {
            let rule = table.fallback(at: index)
            if !triggers.contains(rule.trigger) { triggers.append(rule.trigger) }
            let name = table.string(rule.model)
            for group in resolver.resolve(name) where group.match?.name == name {
                patternNames[group.model, default: []].append(name)
            }
            if let bare = Self.withoutProvider(name) {
                let key = RuleName(trigger: rule.trigger, name: bare)
                prefixed[key] = prefixed[key] ?? name
            }
        }
        self.triggers = triggers
        self.patternNames = patternNames
        self.prefixed = prefixed
    }

    /// The numbers of the groups that a request may enter, for each way in which its first group
    /// may fail and each name by which a pattern may be asked.
    ///
    /// Later groups may fail in any way, so a walk is a bound and no more: all the groups within
    /// reach, each once.
    mutating func walks(fromModel index: Int) -> [[Int]] {
        let own = table.string(table.model(at: index).name)
        var walks: [[Int]] = []
        for name in [own] + (patternNames[index] ?? []) {
            let start = number(Group(model: index, name: name))
            for trigger in triggers { walks.append(walk(from: start, failingBy: trigger)) }
        }
        return walks
    }

    private mutating func walk(from start: Int, failingBy trigger: FallbackRule.Trigger) -> [Int] {
        walkCount += 1
        lastWalk[start] = walkCount
        var entered = [start]
        var frontier = [start]
        var depth = 0
        while depth < depthMax, !frontier.isEmpty {
            let reached = frontier.flatMap { depth == 0 ? next($0, [trigger]) : next($0) }
            frontier = reached.filter { enter($0) }
            entered += frontier
            depth += 1
        }
        return entered
    }

    /// False when the walk has been there.
    private mutating func enter(_ group: Int) -> Bool {
        if lastWalk[group] == walkCount { return false }
        lastWalk[group] = walkCount
        return true
    }

    // MARK: What follows a group

    private mutating func next(_ group: Int) -> [Int] {
        if let known = onward[group] { return known }
        let found = next(group, triggers)
        onward[group] = found
        return found
    }

    private mutating func next(_ group: Int, _ triggers: [FallbackRule.Trigger]) -> [Int] {
        let names = triggers.flatMap { targets(of: groups[group], $0) }
        return names.flatMap { name in
            resolver.resolve(name).map { found in
                let own = table.string(table.model(at: found.model).name)
                return number(Group(model: found.model, name: found.match?.name ?? own))
            }
        }
    }

    private mutating func number(_ group: Group) -> Int {
        if let known = numbers[group] { return known }
        groups.append(group)
        onward.append(nil)
        lastWalk.append(0)
        numbers[group] = groups.count - 1
        return groups.count - 1
    }

    /// The next groups' names after a failure of one of `triggers`. The rules for a kind of failure
    /// are final: where they do not name the model there is no other group (LiteLLM §5.6).
    private func targets(of group: Group, _ trigger: FallbackRule.Trigger) -> [String] {
        let own = rule(trigger, named: group.name)
        if trigger != .anyFailure { return own ?? [] }
        return own ?? table.fallbacks(trigger: .anyFailure, model: "*").map(names) ?? []
    }

    /// The rule for a name, else for it without its provider's prefix, else with one.
    private func rule(_ trigger: FallbackRule.Trigger, named name: String) -> [String]? {
        if let exact = table.fallbacks(trigger: trigger, model: name) { return names(exact) }
        let other =
            Self.withoutProvider(name) ?? prefixed[RuleName(trigger: trigger, name: name)]
        return other.flatMap { table.fallbacks(trigger: trigger, model: $0) }.map(names)
    }

    /// A name without the prefix of a provider; nil when it has none.
    private static func withoutProvider(_ name: String) -> String? {
        guard let slash = name.firstIndex(of: "/"), Provider.named(String(name[..<slash])) != nil
        else { return nil }
        return String(name[name.index(after: slash)...])
    }

    private func names(_ targets: TargetList) -> [String] {
        targets.map { table.string($0.name) }
    }
}
