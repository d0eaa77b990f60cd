import RouteTable
import Testing

@testable import Routing

@Suite("The worst case of a model")
struct WorstCaseTests {
    /// Models with a deployment each, unless it is said how many; parameters are of all of a
    /// model's deployments.
    private func table(
        _ names: [String],
        parameters: [String: ParameterSet] = [:],
        policies: [String: [String]] = [:],
        rules: [(FallbackRule.Trigger, String, [String])] = [],
        aliases: [Alias] = [],
        settings: ParameterSet = [:]
    ) throws -> RouteTable {
        var contents = TableContents()
        contents.settings = settings
        contents.aliases = aliases
        contents.fallbacks = rules.map { FallbackRule(trigger: $0, model: $1, targets: $2) }
        contents.models = names.map { name in
            let policy = policies[name].map { $0.map { Text.literal($0) } }
            return Model(
                name: name,
                parameters: policy.map { [.retryPolicy: .list($0)] } ?? [:],
                deployments: [
                    Deployment(
                        id: .explicit("id-" + name),
                        provider: 1,
                        upstreamModel: .literal("up"),
                        parameters: parameters[name] ?? [:]
                    )
                ]
            )
        }
        return try RouteTable(bytes: TableWriter.encode(contents))
    }

    private func worst(_ name: String, _ table: RouteTable) throws -> WorstCase {
        guard case .model(let index)? = table.lookUp(name: name) else {
            throw NoSuchModel(name: name)
        }
        var worstCases = WorstCases(table: table)
        return worstCases.ofModel(at: index)
    }

    private struct NoSuchModel: Error { let name: String }

    private static let unknown = ParameterValue.text(
        .reference(Reference(kind: .environment, name: "N", isSecret: false))
    )

    @Test("is three attempts and ten minutes where nothing is set")
    func defaults() throws {
        let found = try worst("a", table(["a"]))
        #expect(found.description == "at most 3 attempts in 1 group, 600 s")
    }

    @Test(
        "counts the retries of the first setting that says them",
        arguments: [
            ([:], [:], nil, 3), ([.numRetries: .integer(0)], [:], nil, 1),
            ([.numRetries: .integer(0)], [.numRetries: .integer(4)], nil, 5),
            // The table's policy covers one kind of failure; the others follow num_retries.
            (policy(["TimeoutErrorRetries", "7"]), [:], nil, 8),
            (policy(["TimeoutErrorRetries", "0"]), [:], nil, 3),
            (policy(["DefaultRetries", "1"]), [.numRetries: .integer(9)], nil, 2),
            // A policy of the group goes before the table's.
            (policy(["RateLimitErrorRetries", "9"]), [:], ["DefaultRetries", "1"], 2),
            // Not tried again, but for a policy that names it.
            (policy(["BadRequestErrorRetries", "50"]), [:], nil, 51),
        ] as [(ParameterSet, ParameterSet, [String]?, Int)]
    )
    func retries(settings: ParameterSet, own: ParameterSet, policy: [String]?, most: Int) throws {
        let table = try table(
            ["a"],
            parameters: ["a": own],
            policies: policy.map { ["a": $0] } ?? [:],
            settings: settings
        )
        let found = try worst("a", table)
        #expect(found.attempts == most)
        #expect(found.areAttemptsKnown)
    }

    private static func policy(_ pairs: [String]) -> ParameterSet {
        [.retryPolicy: .list(pairs.map { .literal($0) })]
    }

    @Test("takes the most retries of any deployment of a group")
    func severalDeployments() throws {
        var contents = try table(["a"]).contents()
        contents.models[0].deployments += (1...3).map { count in
            Deployment(
                id: .derived(UInt64(count)),
                provider: 1,
                upstreamModel: .literal("up"),
                parameters: [.numRetries: .integer(Int64(count * 2))]
            )
        }
        let found = try worst("a", RouteTable(bytes: TableWriter.encode(contents)))
        #expect(found.attempts == 7)
    }

    @Test(
        "enters every group within reach, each once",
        arguments: [
            ([(.anyFailure, "a", ["b", "c"])], ["a", "b", "c"]),
            ([(.anyFailure, "a", ["b"]), (.anyFailure, "b", ["a", "c"])], ["a", "b", "c"]),
            ([(.anyFailure, "*", ["c"])], ["a", "c"]),
            // A rule of its own goes before the one for all others.
            (
                [(.anyFailure, "*", ["c"]), (.anyFailure, "a", ["b"]), (.anyFailure, "b", ["d"])],
                ["a", "b", "d", "c"]
            ),
            ([(.anyFailure, "a", ["many"])], ["a", "c", "d"]),
            // The first failure is of one kind; the worst one counts.
            ([(.anyFailure, "a", ["b"]), (.contextWindow, "a", ["c"])], ["a", "b"]),
            ([(.anyFailure, "a", ["b"]), (.contextWindow, "a", ["c", "d"])], ["a", "c", "d"]),
            ([(.contentPolicy, "a", ["b"])], ["a", "b"]),
            // Rules for a kind of failure are final, though not for other kinds.
            ([(.anyFailure, "a", ["b"]), (.contextWindow, "d", ["c"])], ["a", "b"]),
            // After the first, any kind may follow.
            ([(.anyFailure, "a", ["b"]), (.contextWindow, "b", ["c"])], ["a", "b", "c"]),
            ([(.anyFailure, "openai/a", ["b"])], ["a", "b"]),
            ([(.anyFailure, "nobody/a", ["b"]), (.anyFailure, "x", ["b"])], ["a"]),
            ([(.anyFailure, "a", ["gone"])], ["a"]),
            // A rule may be written for the alias that led to a group, or for all others.
            ([(.anyFailure, "a", ["many"]), (.anyFailure, "many", ["b"])], ["a", "c", "d", "b"]),
            ([(.contextWindow, "*", ["c"]), (.contentPolicy, "b", ["c"])], ["a", "c"]),
            // By either name the group is entered once.
            ([(.anyFailure, "a", ["many", "c", "d"])], ["a", "c", "d"]),
            // The model may be asked for by an alias with a rule of its own.
            ([(.anyFailure, "one", ["b", "c"]), (.anyFailure, "a", ["b"])], ["a", "b", "c"]),
        ] as [([(FallbackRule.Trigger, String, [String])], [String])]
    )
    func groups(rules: [(FallbackRule.Trigger, String, [String])], entered: [String]) throws {
        let table = try table(
            ["a", "b", "c", "d"],
            rules: rules,
            aliases: [
                Alias(name: "many", targets: ["c", "d"]), Alias(name: "one", targets: ["a"]),
            ]
        )
        let found = try worst("a", table)
        #expect(found.groups == entered)
        #expect(found.attempts == 3 * entered.count)
    }

    @Test("is never less than what a walk through the rules enters")
    func bound() throws {
        var chance = FastGenerator(seed: TestSeed.value)
        let names = ["a", "b", "c", "d", "openai/*", "many", "one", "id-a", "openai/x", "x", "*"]
        for _ in 0..<300 {
            let rules = (0..<6).map { _ -> (FallbackRule.Trigger, String, [String]) in
                let trigger: FallbackRule.Trigger =
                    [.anyFailure, .anyFailure, .contextWindow, .contentPolicy]
                    .randomElement(using: &chance) ?? .anyFailure
                let name = names.randomElement(using: &chance) ?? ""
                return (trigger, name, Array(names.dropLast().shuffled(using: &chance).prefix(2)))
            }
            let unique = Dictionary(rules.map { ("\($0.0)\($0.1)", $0) }) { first, _ in first }
            let table = try table(
                ["a", "b", "c", "d", "openai/*"],
                rules: unique.keys.sorted().compactMap { unique[$0] },
                aliases: [
                    Alias(name: "many", targets: ["c", "d"]), Alias(name: "one", targets: ["a"]),
                ]
            )
            for name in names.dropLast() {
                let groups = ModelResolver(table: table).resolve(name)
                guard let first = groups.first, groups.count == 1, name != "id-a" else { continue }
                let model = table.string(table.model(at: first.model).name)
                let bound = try worst(model, table).attempts
                for kind in [FailureKind.timeout, .contextWindow, .contentPolicy] {
                    let entered = entered(table, name, groups, kind)
                    #expect(3 * entered <= bound, "\(name), \(rules), \(TestSeed.note)")
                }
            }
        }
    }

    /// How many groups a request enters when all fail in one way.
    private func entered(
        _ table: RouteTable,
        _ name: String,
        _ groups: ResolvedGroups,
        _ kind: FailureKind
    ) -> Int {
        var walk = FallbackWalk(table: table, wishes: FallbackWalk.Wishes(), depthMax: 5)
        var count = 0
        var next: FallbackWalk.Stop? = FallbackWalk.Stop(name: name, groups: groups)
        while let stop = next {
            for group in stop.groups where walk.enter(group) { count += 1 }
            walk.plan(after: stop, kind)
            next = walk.next()
        }
        return count
    }

    @Test(
        "ends at max_fallbacks",
        arguments: [(0, 1), (1, 2), (3, 4), (nil, 6)] as [(Int64?, Int)]
    )
    func depth(max: Int64?, groups: Int) throws {
        let names = (0...9).map { "m\($0)" }
        let table = try table(
            names,
            rules: zip(names, names.dropFirst()).map { (.anyFailure, $0, [$1]) },
            settings: max.map { [.maxFallbacks: .integer($0)] } ?? [:]
        )
        #expect(try worst("m0", table).groups.count == groups)
    }

    @Test("of a pattern is that of the worst name that it may be asked by")
    func patterns() throws {
        let table = try table(
            ["openai/*", "b", "c"],
            rules: [
                (.anyFailure, "openai/x", ["b"]), (.anyFailure, "openai/y", ["openai/z", "c"]),
                (.anyFailure, "other", ["b"]),
            ]
        )
        let found = try worst("openai/*", table)
        // Two names that one pattern matches are two groups to a request.
        #expect(found.groups == ["openai/y", "openai/z", "c"])
    }

    @Test(
        "lasts as long as a request may",
        arguments: [
            ([:], [:], 600_000), ([.requestTimeoutMS: .integer(45_500)], [:], 45_500),
            ([.requestTimeoutMS: .integer(0)], [:], 600_000),
            ([.timeoutMS: .integer(5000)], [:], 600_000),
            ([.timeoutMS: .integer(900_000)], [:], 900_000),
            ([.timeoutMS: .integer(900_000)], [.timeoutMS: .integer(5000)], 600_000),
            ([:], [.requestTimeoutMS: .integer(700_000)], 700_000),
            ([.requestTimeoutMS: .integer(1000)], [.timeoutMS: .integer(5000)], 1000),
            ([.sidegateLimits: .json([.literal(#"{"total_timeout_ms":800000}"#)])], [:], 800_000),
        ] as [(ParameterSet, ParameterSet, Int)]
    )
    func time(settings: ParameterSet, own: ParameterSet, milliseconds: Int) throws {
        let found = try worst("a", table(["a"], parameters: ["a": own], settings: settings))
        #expect(found.milliseconds == milliseconds)
        #expect(found.isTimeKnown)
    }

    @Test("waits for the slowest group that may be entered")
    func slowFallback() throws {
        let table = try table(
            ["a", "b"],
            parameters: ["b": [.timeoutMS: .integer(1_200_500)]],
            rules: [(.anyFailure, "a", ["b"])]
        )
        #expect(try worst("a", table).description == "at most 6 attempts in 2 groups, 1200.5 s")
    }

    @Test(
        "has a question mark where a reference decides, and the default before it",
        arguments: [
            ([.numRetries: unknown], [:], "3? attempts in 1 group, 600 s"),
            ([.numRetries: unknown], [.numRetries: .integer(1)], "2 attempts in 1 group, 600 s"),
            ([:], [.numRetries: unknown], "3? attempts in 1 group, 600 s"),
            ([.requestTimeoutMS: unknown], [:], "3 attempts in 1 group, 600? s"),
            ([:], [.timeoutMS: unknown], "3 attempts in 1 group, 600? s"),
            // Where there is no fallback, its depth says nothing.
            ([.maxFallbacks: unknown], [:], "3 attempts in 1 group, 600 s"),
            (
                policy(["DefaultRetries", "0"]).merging([.numRetries: unknown]) { $1 }, [:],
                "1 attempt in 1 group, 600 s"
            ),
        ] as [(ParameterSet, ParameterSet, String)]
    )
    func references(settings: ParameterSet, own: ParameterSet, text: String) throws {
        let found = try worst("a", table(["a"], parameters: ["a": own], settings: settings))
        #expect(found.description == "at most " + text)
    }

    @Test("does not know its attempts when the depth of fallbacks is a reference")
    func unknownDepth() throws {
        let table = try table(
            ["a", "b"],
            rules: [(.anyFailure, "a", ["b"])],
            settings: [.maxFallbacks: Self.unknown]
        )
        #expect(try worst("a", table).description == "at most 6? attempts in 2 groups, 600 s")
    }
}
