import Testing

import RouteTable

@testable import TableCompiler

@Suite("Secrets in printed tables")
struct TableMaskTests {
    private static func shown(_ change: (inout TableContents) -> Void) -> String {
        var contents = TableContents()
        change(&contents)
        let facts = TableFacts(digest: "d")
        return TableText.render(contents, facts) + TableJSON.render(contents, facts)
    }

    @Test(
        "are hidden in parameters, and what is beside them shown",
        arguments: [
            (ParameterKey.extraHeaders, .list([.literal("beside"), .literal("hunter-two")])),
            (.defaultParameters, .json([.literal(#""api_keyy":"hunter-two","x":"beside""#)])),
            (.extraBody, .json([.literal(#""a":{"token":["hunter-two"]},"x":"beside""#)])),
            (
                .extraBody,
                .json([
                    .literal(#""password":"#), .secret(#""hunter-two""#),
                    .literal(#","x":"beside","again":"Bearer hunter-two""#),
                ])
            ),
            (.redis, .json([.literal(#"{"url":"redis://:hunter-two@beside/0"}"#)])),
            (
                .coordinationRedis,
                .json([.literal(#"{"password":"hunter-two","host":"beside"}"#)])
            ),
            (.cache, .json([.literal(#"{"password":"\"hunter-two\"","host":"beside"}"#)])),
            (
                .passThroughEndpoints,
                .json([.literal(#"[{"headers":{"x":"hunter-two"},"path":"/beside"}]"#)])
            ),
            (.tags, .list([.literal("beside"), .secret("hunter-two"), .literal("hunter-two")])),
        ] as [(ParameterKey, ParameterValue)]
    )
    func parameters(key: ParameterKey, value: ParameterValue) {
        let text = Self.shown { $0.settings[key] = value }
        #expect(!text.contains("hunter-two"))
        #expect(text.contains("***"))
        #expect(text.split(separator: "\n").count { $0.contains("beside") } == 2)
    }

    @Test("are hidden wherever their text stands again")
    func again() {
        let text = Self.shown { contents in
            contents.credentials = [
                Credential(name: "hunter-two", parameters: [.apiKey: .text(.secret("hunter-two"))])
            ]
            contents.models = [
                Model(
                    name: "hunter-two",
                    deployments: [
                        Deployment(
                            id: .explicit("hunter-two"),
                            provider: 0,
                            upstreamModel: .literal("openai/hunter-two"),
                            apiBase: .literal("http://beside/hunter-two?hidden=hunter")
                        )
                    ]
                )
            ]
            contents.aliases = [Alias(name: "hunter-two", targets: ["hunter-two"])]
            contents.environment = [
                EnvironmentVariable(name: "NAME", value: .literal("plain")),
                EnvironmentVariable(
                    name: "OTHER",
                    value: .reference(Reference(kind: .environment, name: "A", isSecret: true))
                ),
            ]
        }
        #expect(!text.contains("hunter"))
        #expect(text.contains("http://beside/***?hidden=***"))
        #expect(text.contains("NAME: ***") && !text.contains("plain"))
        #expect(text.contains("OTHER: os.environ/A"))
    }

    @Test("leave the JSON of a table as it was written")
    func untouched() {
        let json = #"{"a":[1,-2.5e3,true,null,"x\"y\\z"],"max_tokens":5,"b":{},"c":[]}"#
        let text = Self.shown { $0.settings[.modelInfo] = .json([.literal(json)]) }
        #expect(text.contains("modelInfo: " + json))
        #expect(text.contains("\"modelInfo\": " + json))
    }
}
