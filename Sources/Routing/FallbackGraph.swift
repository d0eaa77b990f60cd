internal import ProviderData
internal import RouteTable

/// Which groups a request that fails everywhere may enter by a table's fallback rules. Groups are
/// numbered as they are met, and what follows each is looked up once.
struct FallbackGraph {
    /// A group that a request entered, and the name that led there: rules may be written for
    /// either.
    struct Group: Hashable {
        let visit: Visit
        let via: String

        var model: Int { visit.model }
        var name: String { visit.name }
    }

    /// What a request enters once only, as `FallbackWalk` tells groups apart.
    struct Visit: Hashable {
        let model: Int
        /// The model's name, or the one that its pattern matched.
        let name: String
        let deployment: Int?

        /// In place of a deployment: the model's pattern matched a name that is not known.
        static let anyName = -1
    }

    /// Those met so far.
    private(set) var groups: [Group] = []
    private var numbers: [Group: Int] = [:]
    /// What may follow a group by its number, whatever its failure; nil until it is asked for.
    private var onward: [[Int]?] = []
    /// The walk that came by a group last, by the group's number.
    private var lastWalk: [Int] = []
    private var walkCount = 0
    /// The number of each group's visit, and of all visits together.
    private var visits: [Int] = []
    private var visitNumbers: [Visit: Int] = [:]
    /// The walk that entered last, by the visit's number.
    private var lastEntry: [Int] = []

    /// The compiler lets no more into a table.
    private static let depthLimit = 100

    private let table: RouteTable
    private let resolver: ModelResolver
    private let depthMax: Int
    /// Whether `max_fallbacks` is a reference and was taken for its default.
    let isDepthKnown: Bool
    /// The kinds of failure that there are rules for, the general one first.
    private let triggers: [FallbackRule.Trigger]
    /// Other groups that a request for a model may begin with, by its index: those of names that a
    /// pattern matches and of aliases, where there are rules for these names.
    private let otherStarts: [Int: [Group]]
    /// The general rules whose names have a provider's prefix, by the name without it.
    private let prefixed: [String: String]

    init(table: RouteTable) {
        self.table = table
        resolver = ModelResolver(table: table)
        depthMax = min(table.settings.integer(.maxFallbacks) ?? 5, Self.depthLimit)
        isDepthKnown = table.settings.text(.maxFallbacks) == nil
        var triggers: [FallbackRule.Trigger] = [.anyFailure]
        let providers = Self.providers(ofPatterns: table)
        var otherStarts: [Int: [Group]] = [:]
        var prefixed: [String: String] = [:]
        for index in 0..<table.counts.fallbacks {
            let rule = table.fallback(at: index)
            if !triggers.contains(rule.trigger) { triggers.append(rule.trigger) }
            let name = table.string(rule.model)
            // A rule without a provider is also for the names that patterns of providers match.
            let isGeneral = rule.trigger == .anyFailure
            for name in [name] + (isGeneral ? providers.map { $0 + name } : []) {
                for found in resolver.resolve(name) where found.pinnedDeployment == nil {
                    let group = Self.group(found, via: name, table)
                    if name != table.string(table.model(at: found.model).name) {
                        otherStarts[found.model, default: []].append(group)
                    }
                }
            }
            if rule.trigger == .anyFailure, let bare = Self.withoutProvider(name) {
                prefixed[bare] = prefixed[bare] ?? name
            }
        }
        self.triggers = triggers
        self.otherStarts = otherStarts
        self.prefixed = prefixed
    }

    /// The providers' prefixes that names may have which a pattern matches, each with its slash.
    private static func providers(ofPatterns table: RouteTable) -> [String] {
        var prefixes: Set<String> = []
        for place in 0..<table.counts.patterns {
            let name = table.string(table.model(at: table.pattern(at: place)).name)
            if let rest = withoutProvider(name) {
                prefixes.insert(String(name.dropLast(rest.count)))
            } else if name.utf8.first == UInt8(ascii: "*"), let any = Provider.all.first {
                // Any provider's name may match; rules are found alike for each.
                prefixes.insert(any.prefix + "/")
            }
        }
        return prefixes.sorted()
    }

    private static func group(
        _ found: ResolvedGroup,
        via name: String,
        _ table: RouteTable
    ) -> Group {
        let own = table.string(table.model(at: found.model).name)
        return Group(
            visit: Visit(
                model: found.model,
                name: found.match?.name ?? own,
                deployment: found.pinnedDeployment
            ),
            via: name
        )
    }

    /// The numbers of the groups that a request may enter, for each way in which its first group
    /// may fail and each name by which it may be asked.
    ///
    /// Later groups may fail in any way, so a walk is a bound and no more: all the groups within
    /// reach, each once.
    mutating func walks(fromModel index: Int) -> [[Int]] {
        let own = table.string(table.model(at: index).name)
        var walks: [[Int]] = []
        // What matches a pattern is another group to a request than the pattern's own name.
        let deployment = table.model(at: index).isPattern ? Visit.anyName : nil
        let visit = Visit(model: index, name: own, deployment: deployment)
        for group in [Group(visit: visit, via: own)] + (otherStarts[index] ?? []) {
            let start = number(group)
            for trigger in triggers { walks.append(walk(from: start, failingBy: trigger)) }
        }
        return walks
    }

    private mutating func walk(from start: Int, failingBy trigger: FallbackRule.Trigger) -> [Int] {
        walkCount += 1
        var entered: [Int] = []
        var frontier = [start]
        var depth = 0
        repeat {
            frontier = frontier.filter { isNew($0) }
            // A group that two names lead to is tried once, whatever comes after each of them.
            entered += frontier.filter { enter($0) }
            if depth == depthMax { break }
            frontier = frontier.flatMap { depth == 0 ? next($0, [trigger]) : next($0) }
            depth += 1
        } while !frontier.isEmpty
        return entered
    }

    /// False when the walk has been there by this name.
    private mutating func isNew(_ group: Int) -> Bool {
        if lastWalk[group] == walkCount { return false }
        lastWalk[group] = walkCount
        return true
    }

    /// False when the walk has been there by any name.
    private mutating func enter(_ group: Int) -> Bool {
        if lastEntry[visits[group]] == walkCount { return false }
        lastEntry[visits[group]] = walkCount
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
            resolver.resolve(name).map { number(Self.group($0, via: name, table)) }
        }
    }

    private mutating func number(_ group: Group) -> Int {
        if let known = numbers[group] { return known }
        groups.append(group)
        onward.append(nil)
        lastWalk.append(0)
        if let known = visitNumbers[group.visit] {
            visits.append(known)
        } else {
            visits.append(lastEntry.count)
            visitNumbers[group.visit] = lastEntry.count
            lastEntry.append(0)
        }
        numbers[group] = groups.count - 1
        return groups.count - 1
    }

    /// The next groups' names after a failure of one of `triggers`. The rules for a kind of failure
    /// are final: where they do not name the model there is no other group (LiteLLM §5.6).
    private func targets(of group: Group, _ trigger: FallbackRule.Trigger) -> [String] {
        let own = table.string(table.model(at: group.model).name)
        let keys = group.via == own ? [own] : [group.via, own]
        for key in keys {
            if let found = rule(trigger, named: key) { return names(found) }
        }
        return table.fallbacks(trigger: trigger, model: "*").map(names) ?? []
    }

    /// The rule for a name; one for any failure also without its provider's prefix, or with one.
    private func rule(_ trigger: FallbackRule.Trigger, named name: String) -> TargetList? {
        if let exact = table.fallbacks(trigger: trigger, model: name) { return exact }
        guard trigger == .anyFailure else { return nil }
        for other in [Self.withoutProvider(name), prefixed[name]] {
            guard let other else { continue }
            if let found = table.fallbacks(trigger: trigger, model: other) { return found }
        }
        return nil
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
