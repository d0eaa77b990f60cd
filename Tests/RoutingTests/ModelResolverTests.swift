import RouteTable
import Testing

@testable import Routing

@Suite("The model resolver")
struct ModelResolverTests {
    private let table: RouteTable
    private let resolver: ModelResolver

    init() throws {
        var contents = TableContents()
        func model(_ name: String, _ upstream: Text, id: String) -> Model {
            Model(
                name: name,
                deployments: [
                    Deployment(id: .explicit(id), provider: 1, upstreamModel: upstream)
                ]
            )
        }
        let reference = Reference(kind: .environment, name: "MODEL", isSecret: false)
        contents.models = [
            model("llama", .literal("meta/llama"), id: "one"),
            model("from-env", .reference(reference), id: "two"),
            model("openai/*", .literal("*"), id: "three"),
            model("openai/gpt-4*", .literal("azure-*"), id: "four"),
            model("*/fixed", .literal("constant"), id: "five"),
            model("two-*-stars-*", .literal("one-*"), id: "six"),
            model("pairs-*-of-*", .literal("*/then/*"), id: "seven"),
        ]
        contents.aliases = [
            Alias(name: "short", targets: ["llama"]),
            Alias(name: "many", targets: ["nothing", "openai/gpt-4o", "llama", "short"]),
            Alias(name: "dangling", targets: ["nothing"]),
        ]
        table = try RouteTable(bytes: TableWriter.encode(contents))
        resolver = ModelResolver(table: table)
    }

    private func describe(_ name: String) -> [String] {
        resolver.resolve(name).map { group in
            let deployment = group.deployments(in: table).lowerBound
            let values = ReferenceValues(["openai/gpt-x"])
            let upstream = resolver.upstreamModelName(
                deployment: deployment,
                group: group,
                values: values
            )
            return [
                table.string(table.model(at: group.model).name), group.publicName(in: table),
                upstream ?? "nothing",
            ].joined(separator: " | ")
        }
    }

    @Test(
        "finds exact names, aliases, identifiers and patterns, in this order",
        arguments: [
            ("llama", ["llama | llama | meta/llama"]),
            ("short", ["llama | short | meta/llama"]),
            ("many", ["openai/gpt-4* | many | azure-o", "llama | many | meta/llama"]),
            ("dangling", []),
            ("one", ["llama | one | meta/llama"]),
            ("openai/x", ["openai/* | openai/x | x"]),
            ("openai/gpt-4o", ["openai/gpt-4* | openai/gpt-4o | azure-o"]),
            // The pattern's own name is a model's name like any other.
            ("openai/*", ["openai/* | openai/* | *"]),
            ("a/b/fixed", ["*/fixed | a/b/fixed | constant"]),
            // The longest pattern wins over the one listed first.
            ("openai/fixed", ["openai/* | openai/fixed | fixed"]),
            ("two-a-stars-b", ["two-*-stars-* | two-a-stars-b | two-a-stars-b"]),
            ("pairs-a-of-b", ["pairs-*-of-* | pairs-a-of-b | a/then/b"]),
            ("from-env", ["from-env | from-env | openai/gpt-x"]),
            ("unknown", []), ("", []), ("Llama", []),
        ]
    )
    func resolution(name: String, expected: [String]) {
        #expect(describe(name) == expected)
    }

    @Test("pins the deployment that an identifier names")
    func pin() throws {
        let group = try #require(resolver.resolve("four").first)
        let pinned = try #require(group.pinnedDeployment)
        #expect(table.deploymentID(at: pinned) == "four")
        #expect(group.deployments(in: table) == pinned..<pinned + 1)
        #expect(resolver.resolve("llama").first?.pinnedDeployment == nil)
    }

    @Test("finds an identifier even beside a catch-all")
    func pinBesideCatchAll() throws {
        var contents = table.contents()
        contents.models.append(Model(name: "*"))
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        let resolver = ModelResolver(table: table)
        #expect(resolver.resolve("four").first?.pinnedDeployment != nil)
        #expect(resolver.resolve("anything").first?.match?.captures == ["anything"])
    }

    @Test("has no upstream name where a reference has no value")
    func missingReference() throws {
        let group = try #require(resolver.resolve("from-env").first)
        let index = group.deployments(in: table).lowerBound
        let name = resolver.upstreamModelName(
            deployment: index,
            group: group,
            values: ReferenceValues([nil])
        )
        #expect(name == nil)
    }
}

@Suite("Wildcards")
struct WildcardMatchTests {
    @Test(
        "take as much as they can, from the name's beginning",
        arguments: [
            ("*", "", [""]), ("*", "abc", ["abc"]), ("a*", "abc", ["bc"]), ("a*", "a", [""]),
            ("a*", "ba", nil), ("a*c", "abcbc", ["bcb"]),
            // Anchored at the beginning only.
            ("gpt-4*x", "gpt-4oxyz", ["o"]), ("*a", "banana-b", ["banan"]),
            ("*/*", "a/b/c", ["a/b", "c"]), ("*-*-*", "a-b-c-d", ["a-b", "c", "d"]),
            ("**", "ab", ["ab", ""]), ("a*b*c", "abbc", ["b", ""]), ("a*b*c", "acb", nil),
            ("ab*ab", "ab", nil), ("ab*ab", "abab", [""]), ("*é*", "aéb", ["a", "b"]),
            ("a.c*", "abc", nil),
        ] as [(String, String, [String]?)]
    )
    func captures(pattern: String, name: String, expected: [String]?) {
        let bytes = Array(name.utf8)
        let found = WildcardMatch.captures(
            of: bytes.span,
            pattern: pattern.utf8Span.span
        )
        #expect(found?.map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
    }

    @Test("do not take long over a hostile name")
    func hostile() {
        let name = [UInt8](repeating: UInt8(ascii: "a"), count: 20_000)
        let pattern = String(repeating: "a*", count: 16) + "b"
        #expect(WildcardMatch.captures(of: name.span, pattern: pattern.utf8Span.span) == nil)
    }

    @Test(
        "put captures in from left to right",
        arguments: [
            (["x"], "*", "x"), (["x"], "a", "a"), (["x"], "a*b", "axb"), (["x"], "*-*", "x-*"),
            (["x", "y"], "*", "whole"), (["x", "y"], "*/*", "x/y"), (["*", "y"], "*/*", "*/y"),
        ]
    )
    func substitution(captures: [String], target: String, expected: String) {
        #expect(
            WildcardMatch.substitute(captures, requested: "whole", into: target) == expected
        )
    }
}
