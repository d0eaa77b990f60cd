import RouteTable
import Testing

@testable import Routing

@Suite("The walk through fallbacks")
struct FallbackWalkTests {
    private static let names = [
        "a", "b", "c", "d", "e", "f", "g", "openai/*", "azure/gpt-4", "long",
    ]

    private func table(_ rules: [FallbackRule]) throws -> RouteTable {
        var contents = TableContents()
        contents.models = Self.names.map { name in
            Model(
                name: name,
                deployments: [
                    Deployment(
                        id: .explicit("id-" + name),
                        provider: 1,
                        upstreamModel: .literal("*")
                    )
                ]
            )
        }
        contents.aliases = [
            Alias(name: "list", targets: ["a", "b"]), Alias(name: "other", targets: ["c"]),
            Alias(name: "loop", targets: ["b", "a", "b"]),
        ]
        contents.fallbacks = rules
        return try RouteTable(bytes: TableWriter.encode(contents))
    }

    private func rule(_ model: String, _ targets: String...) -> FallbackRule {
        FallbackRule(trigger: .anyFailure, model: model, targets: targets)
    }

    /// The groups that a request is led through when each one fails: a pattern's by the requested
    /// name.
    private func walk(
        _ name: String,
        _ rules: [FallbackRule],
        kind: FailureKind = .internalServer,
        depth: Int = FallbackWalk.standardDepthMax,
        wishes change: (inout FallbackWalk.Wishes) -> Void = { _ in }
    ) throws -> [String] {
        let table = try table(rules)
        var wishes = FallbackWalk.Wishes()
        change(&wishes)
        var walk = FallbackWalk(table: table, wishes: wishes, depthMax: depth)
        var next: FallbackWalk.Stop? = FallbackWalk.Stop(
            name: name,
            groups: ModelResolver(table: table).resolve(name),
            depth: 0,
            requestFallback: nil
        )
        var visited: [String] = []
        while let stop = next {
            for group in stop.groups where walk.enter(group) {
                visited.append(group.match?.name ?? table.string(table.model(at: group.model).name))
            }
            let hasNext = walk.hasNext(after: stop, kind)
            walk.plan(after: stop, kind)
            #expect(hasNext == leadsOn(walk), "after \(stop.name)")
            next = walk.next()
        }
        return visited
    }

    private func enter(_ stop: FallbackWalk.Stop, _ walk: inout FallbackWalk, isNew: Bool) {
        for group in stop.groups {
            let found = walk.enter(group)
            #expect(found == isNew)
        }
    }

    private func require(_ stop: FallbackWalk.Stop?) throws -> FallbackWalk.Stop {
        try #require(stop)
    }

    /// Whether a group is to come that was not entered.
    private func leadsOn(_ walk: FallbackWalk) -> Bool {
        var walk = walk
        while let stop = walk.next() {
            for group in stop.groups where walk.enter(group) { return true }
        }
        return false
    }

    @Test(
        "follows the rule of a name, else that of all others, depth first, each group once",
        arguments: [
            ("a", [("a", ["b", "c"])], ["a", "b", "c"]),
            ("b", [("a", ["b", "c"])], ["b"]),
            ("b", [("*", ["c", "d"])], ["b", "c", "d"]),
            // One of its own replaces that of all.
            ("a", [("a", ["b"]), ("*", ["c"])], ["a", "b", "c"]),
            ("a", [("a", ["b"]), ("b", ["d"]), ("*", ["c"])], ["a", "b", "d", "c"]),
            // Depth first.
            (
                "a", [("a", ["b", "c"]), ("b", ["d", "e"]), ("d", ["f"])],
                ["a", "b", "d", "f", "e", "c"]
            ),
            // Loops end.
            ("a", [("a", ["b"]), ("b", ["a"])], ["a", "b"]),
            ("a", [("a", ["a"])], ["a"]),
            ("a", [("a", ["b", "c"]), ("b", ["a", "d"])], ["a", "b", "d", "c"]),
            ("a", [("a", ["b", "c"]), ("b", ["c"]), ("c", ["b", "a"])], ["a", "b", "c"]),
            ("a", [("*", ["a", "b"])], ["a", "b"]),
            // Names that lead nowhere are passed over.
            ("a", [("a", ["nothing", "b"])], ["a", "b"]),
            // Targets may be aliases, names that a pattern matches, identifiers.
            ("a", [("a", ["other", "openai/x", "id-f"])], ["a", "c", "openai/x", "f"]),
            ("a", [("a", ["list"])], ["a", "b"]),
            ("d", [("d", ["loop"])], ["d", "b", "a"]),
        ] as [(String, [(String, [String])], [String])]
    )
    func general(name: String, rules: [(String, [String])], expected: [String]) throws {
        let rules = rules.map {
            FallbackRule(trigger: .anyFailure, model: $0.0, targets: $0.1)
        }
        #expect(try walk(name, rules) == expected)
    }

    @Test(
        "finds a rule by the name, the model's, and with or without a provider",
        arguments: [
            // An alias by its own name, or by the model that it stands for.
            ("other", "other", true), ("other", "c", true), ("other", "d", false),
            ("list", "b", true),
            // A pattern by the requested name, or by itself.
            ("openai/x", "openai/x", true), ("openai/x", "openai/*", true),
            ("openai/x", "x", true), ("openai/x", "openai/y", false),
            // With a provider that the request left out, and the other way round.
            ("long", "azure/long", true), ("azure/gpt-4", "gpt-4", true),
            ("azure/gpt-4", "4", false), ("long", "no-provider/long", false),
            ("long", "azure/eu/long", false), ("long", "longer", false),
            // An identifier by itself, or by its model.
            ("id-d", "id-d", true), ("id-d", "d", true),
        ]
    )
    func names(requested: String, rule name: String, isFound: Bool) throws {
        let rules = [rule(name, "g"), rule("*", "f")]
        let found = try walk(requested, rules)
        #expect(found.first { $0 == "g" || $0 == "f" } == (isFound ? "g" : "f"))
    }

    @Test("takes two names of one pattern for two models")
    func patterns() throws {
        let rules = [rule("openai/x", "openai/y", "openai/x"), rule("openai/y", "openai/z")]
        #expect(try walk("openai/x", rules) == ["openai/x", "openai/y", "openai/z"])
    }

    @Test("goes no deeper than it may", arguments: [0, 1, 2, 3, 5])
    func depth(depth: Int) throws {
        let names = ["a", "b", "c", "d", "e", "f", "g"]
        let rules = zip(names, names.dropFirst()).map { rule($0, $1) }
        #expect(try walk("a", rules, depth: depth) == Array(names.prefix(depth + 1)))
    }

    @Test(
        "has rules of their own for some failures",
        arguments: [
            (FailureKind.contextWindow, FallbackRule.Trigger.contextWindow),
            (.contentPolicy, .contentPolicy),
        ]
    )
    func triggers(kind: FailureKind, trigger: FallbackRule.Trigger) throws {
        let special = FallbackRule(trigger: trigger, model: "a", targets: ["c", "d"])
        let general = [rule("a", "b"), rule("e", "f")]
        #expect(try walk("a", general + [special], kind: kind) == ["a", "c", "d"])
        // Any other failure knows nothing of it.
        #expect(try walk("a", general + [special]) == ["a", "b"])
        // Some are there, but none for this model: the error is the answer.
        #expect(try walk("e", general + [special], kind: kind) == ["e"])
        // None are there: the rules for any failure.
        #expect(try walk("a", general, kind: kind) == ["a", "b"])
        // One that is for all others.
        let all = FallbackRule(trigger: trigger, model: "*", targets: ["g"])
        #expect(try walk("e", general + [special, all], kind: kind) == ["e", "g"])
        // By an alias' model.
        let other = FallbackRule(trigger: trigger, model: "c", targets: ["g"])
        #expect(try walk("other", [other], kind: kind) == ["c", "g"])
    }

    @Test("lets a request say where it goes")
    func requestsOwn() throws {
        let rules = [
            rule("a", "b"), rule("d", "e"),
            FallbackRule(trigger: .contextWindow, model: "a", targets: ["g"]),
        ]
        #expect(try walk("a", rules) { $0.fallbacks = ["c", "d"] } == ["a", "c", "d", "e"])
        #expect(try walk("a", rules) { $0.fallbacks = [] } == ["a"])
        // First of all, whatever failed.
        let context = try walk("a", rules, kind: .contextWindow) { $0.fallbacks = ["c"] }
        #expect(context == ["a", "c"])
        let own = try walk("a", rules, kind: .contextWindow) { $0.contextWindow = ["a": ["f"]] }
        #expect(own == ["a", "f"])
        let none = try walk("a", rules, kind: .contextWindow) { $0.contextWindow = ["b": ["f"]] }
        #expect(none == ["a"])
        let policy = try walk("other", rules, kind: .contentPolicy) {
            $0.contentPolicy = ["c": ["f"]]
        }
        #expect(policy == ["c", "f"])
        let any = try walk("a", rules, kind: .contextWindow) {
            $0.contextWindow = ["b": ["f"], "*": ["d"]]
        }
        #expect(any == ["a", "d"])
    }

    @Test("tells which of the request's own fallbacks a place is")
    func places() throws {
        let table = try table([rule("b", "e")])
        var wishes = FallbackWalk.Wishes()
        wishes.fallbacks = ["nothing", "b", "c"]
        var walk = FallbackWalk(table: table, wishes: wishes, depthMax: 5)
        let groups = ModelResolver(table: table).resolve("a")
        walk.plan(
            after: FallbackWalk.Stop(name: "a", groups: groups, depth: 0, requestFallback: nil),
            .timeout
        )
        let first = try require(walk.next())
        #expect(first.name == "b")
        #expect(first.depth == 1)
        #expect(first.requestFallback == 1)
        walk.plan(after: first, .timeout)
        let second = try require(walk.next())
        #expect(second.name == "e")
        #expect(second.depth == 2)
        #expect(second.requestFallback == nil)
        let rest = [walk.next(), walk.next()]
        #expect(rest[0]?.requestFallback == 2)
        #expect(rest[1] == nil)
    }

    @Test("tells what the request named, in whatever kind of fallbacks, from what the table says")
    func namedByRequest() throws {
        let table = try table([rule("a", "e"), rule("b", "e")])
        let start = FallbackWalk.Stop(name: "a", groups: ModelResolver(table: table).resolve("a"))
        var wishes = FallbackWalk.Wishes()
        wishes.contextWindow = ["a": ["b"]]
        wishes.contentPolicy = ["*": ["c"]]
        for (kind, name, isRequests) in [
            (FailureKind.contextWindow, "b", true), (.contentPolicy, "c", true),
            (.timeout, "e", false),
        ] {
            var walk = FallbackWalk(table: table, wishes: wishes, depthMax: 5)
            walk.plan(after: start, kind)
            let stop = try require(walk.next())
            #expect(stop.name == name)
            #expect(stop.isRequests == isRequests)
            walk.plan(after: stop, .timeout)
            if name == "b" { #expect(try require(walk.next()).isRequests == false) }
        }
    }

    @Test("ends where it begins when fallbacks are turned off")
    func disabled() throws {
        let found = try walk("a", [rule("a", "b")]) {
            $0.isDisabled = true
            $0.fallbacks = ["c"]
        }
        #expect(found == ["a"])
        // A list alias is no fallback.
        #expect(try walk("list", [rule("a", "c")]) { $0.isDisabled = true } == ["a", "b"])
    }

    @Test("knows beforehand whether a failure leads anywhere")
    func hasNext() throws {
        let table = try table([rule("a", "b", "c"), rule("b", "a")])
        let resolver = ModelResolver(table: table)
        func stop(_ name: String, depth: Int) -> FallbackWalk.Stop {
            FallbackWalk.Stop(
                name: name,
                groups: resolver.resolve(name),
                depth: depth,
                requestFallback: nil
            )
        }
        var walk = FallbackWalk(table: table, wishes: FallbackWalk.Wishes(), depthMax: 2)
        let first = stop("a", depth: 0)
        enter(first, &walk, isNew: true)
        #expect(walk.hasNext(after: first, .timeout))
        #expect(!walk.hasNext(after: stop("d", depth: 0), .timeout))
        #expect(!walk.hasNext(after: stop("a", depth: 2), .timeout))
        walk.plan(after: first, .timeout)
        let second = try require(walk.next())
        enter(second, &walk, isNew: true)
        // Its own rule leads back, but another one of the first stands by.
        #expect(walk.hasNext(after: second, .timeout))
        walk.plan(after: second, .timeout)
        let last = try require(walk.next())
        enter(last, &walk, isNew: true)
        #expect(!walk.hasNext(after: last, .timeout))
    }
}
