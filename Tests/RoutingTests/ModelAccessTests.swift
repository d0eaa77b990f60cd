import RouteTable
import Testing

@testable import Routing

@Suite("The models that a key may use")
struct ModelAccessTests {
    private static let unknown = Text.reference(
        Reference(kind: .environment, name: "NAME", isSecret: false)
    )

    private func table(_ models: ParameterValue?) throws -> RouteTable {
        var contents = TableContents()
        contents.models = [
            Model(
                name: "a",
                deployments: [
                    Deployment(
                        id: .explicit("one"),
                        provider: 1,
                        upstreamModel: .literal("u"),
                        parameters: [.accessGroups: .list([.literal("chat"), .literal("eu")])]
                    ),
                    Deployment(id: .explicit("two"), provider: 1, upstreamModel: .literal("u")),
                ]
            ), Model(name: "b"),
        ]
        contents.virtualKeys = [
            VirtualKey(
                digest: [UInt8](repeating: 7, count: 32),
                parameters: models.map { [.keyModels: $0] } ?? [:]
            )
        ]
        return try RouteTable(bytes: TableWriter.encode(contents))
    }

    @Test(
        "are all, or those named, of a pattern, of an access group",
        arguments: [
            (nil, "a", true), ([], "a", true), (["a"], "a", true), (["b"], "a", false),
            (["b", "a"], "a", true), (["all-proxy-models"], "a", true), (["*"], "a", true),
            (["gpt-*"], "gpt-4", true), (["gpt-*"], "a", false), (["eu"], "a", true),
            (["us"], "a", false), (["A"], "a", false),
        ] as [([String]?, String, Bool)]
    )
    func allows(models: [String]?, name: String, expected: Bool) throws {
        let table = try table(models.map { .list($0.map { .literal($0) }) })
        let values = ReferenceValues([])
        let access = ModelAccess(table: table, key: 0, values: values)
        let groups = ModelAccess.groups(ofModels: [0, 1], table: table, values: values)
        #expect(groups == ["chat", "eu"])
        #expect(access.allows(name, accessGroups: groups) == expected)
    }

    @Test("are none where a reference has no value")
    func references() throws {
        let table = try table(.list([Self.unknown]))
        let missing = ModelAccess(table: table, key: 0, values: ReferenceValues([nil]))
        #expect(!missing.allows("a", accessGroups: []))
        let known = ModelAccess(table: table, key: 0, values: ReferenceValues(["a"]))
        #expect(known.allows("a", accessGroups: []))
    }
}
