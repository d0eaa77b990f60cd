import ProviderData
import Testing

@testable import RouteConfig

@Suite("The names of a deployment in a price list")
struct PricedModelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let provider: String
        let model: String
        var base: String?
        var region: String?
        let names: [String]
        var testDescription: String { "\(provider)/\(model)" }
    }

    private static let claude = "anthropic.claude-v2:1"

    @Test(
        "come in the order in which LiteLLM looks them up",
        arguments: [
            Case(provider: "openai", model: "gpt-4o", names: ["openai/gpt-4o", "gpt-4o"]),
            Case(
                provider: "openai",
                model: "ft:gpt-4o:org:name:id",
                names: [
                    "openai/ft:gpt-4o:org:name:id", "openai/ft:gpt-4o", "ft:gpt-4o:org:name:id",
                    "ft:gpt-4o",
                ]
            ),
            Case(
                provider: "gemini",
                model: "gemini-1.5-flash-001",
                names: [
                    "gemini/gemini-1.5-flash-001", "gemini/gemini-1.5-flash",
                    "gemini-1.5-flash-001", "gemini-1.5-flash",
                ]
            ),
            Case(
                provider: "azure",
                model: "mine",
                base: "gpt-4o",
                names: ["azure/gpt-4o", "gpt-4o", "azure/mine", "mine"]
            ),
            Case(
                provider: "hosted_vllm",
                model: "*",
                base: "openai/gpt-4o",
                names: ["openai/gpt-4o", "gpt-4o"]
            ),
            Case(provider: "openai", model: "*", names: []),
            Case(
                provider: "bedrock",
                model: "us.\(claude)",
                region: "us-east-1",
                names: [
                    "bedrock/us-east-1/us.\(claude)", "bedrock/us.\(claude)", "us.\(claude)",
                    "bedrock/us-east-1/\(claude)", "bedrock/\(claude)", claude,
                ]
            ),
            Case(
                provider: "bedrock",
                model: "converse/eu-west-1/\(claude):51k",
                names: [
                    "bedrock/converse/eu-west-1/\(claude):51k", "converse/eu-west-1/\(claude):51k",
                    "bedrock/eu-west-1/\(claude)", "bedrock/\(claude)", claude,
                ]
            ),
        ]
    )
    func names(_ test: Case) throws {
        let provider = try #require(Provider.named(test.provider))
        let model = PricedModel(
            provider: provider,
            model: test.model,
            baseModel: test.base,
            region: test.region
        )
        #expect(model.names.map(\.name) == test.names)
    }

    @Test("are those of entries of the same provider, as LiteLLM sees it")
    func providers() {
        for (listed, provider, isIt) in [
            (nil, "openai", true), ("openai", "openai", true), ("azure", "openai", false),
            ("bedrock_converse", "bedrock", true), ("openai", "azure_ai", true),
            ("vertex_ai-language-models", "vertex_ai", true), ("openai", "github", true),
            ("openai", "hosted_vllm", false),
        ] {
            #expect(PricedModel.isProvider(listed, of: provider) == isIt, "\(provider)")
        }
    }
}
