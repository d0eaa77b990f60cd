import ProviderData
import RouteTable
import Testing

@testable import Providers

@Suite("A deployment's target")
struct DeploymentTargetTests {
    private static let keys = ["OPENAI_API_KEY": "sk-open", "GROQ_API_KEY": "sk-groq"]

    private func catchAll(base: String? = nil) throws -> Prepared {
        try Prepared(
            Deployment(
                id: .explicit("any"),
                provider: 0,
                upstreamModel: .literal("*"),
                apiBase: base.map { .literal($0) }
            ),
            model: "*",
            environment: Self.keys
        )
    }

    @Test(
        "of a catch-all is the provider that the request names, with its key and base",
        arguments: [
            ("openai/gpt-x", "openai", "gpt-x", "sk-open"),
            ("groq/openai/gpt-oss", "groq", "openai/gpt-oss", "sk-groq"),
            ("gpt-4o", "openai", "gpt-4o", "sk-open"),
        ]
    )
    func providers(name: String, prefix: String, model: String, key: String) throws {
        let prepared = try catchAll()
        #expect(prepared.deployment.readiness == .ready)
        let target = try #require(try prepared.target(name))
        #expect(target.deployment.provider == Provider.named(prefix))
        #expect(target.model == model)
        #expect(Prepared.headers(of: target.deployment) == ["authorization: Bearer \(key)"])
        #expect(target.deployment.shownBase == Provider.named(prefix)?.defaultBase)
        #expect(target.deployment.id == "any")
    }

    @Test("of a catch-all is made once for each provider")
    func reuse() throws {
        let prepared = try catchAll()
        let first = try #require(try prepared.target("openai/a")).deployment
        for number in 0..<1000 {
            let next = try #require(try prepared.target("openai/m\(number)")).deployment
            #expect(next === first)
        }
    }

    @Test(
        "of a catch-all is none for a provider that is not known",
        arguments: [
            "nobody/model", "unheard-of", "*",
        ]
    )
    func unknown(name: String) throws {
        #expect(try catchAll().target(name) == nil)
    }

    @Test("of a catch-all cannot serve what its provider cannot")
    func unsupported() throws {
        let target = try #require(try catchAll().target("sagemaker/x"))
        #expect(target.deployment.readiness == .unsupported)
        let azure = try #require(try catchAll().target("azure/gpt"))
        #expect(azure.deployment.readiness == .invalid("no api_base"))
    }

    @Test("of a catch-all with a base URL goes there, whatever the provider")
    func configuredBase() throws {
        let target = try #require(
            try catchAll(base: "http://up.test/v1").target("vllm/llama")
        )
        #expect(target.deployment.provider?.prefix == "hosted_vllm")
        #expect(target.deployment.shownBase == "http://up.test/v1")
        #expect(target.model == "llama")
    }

    @Test("of a mock takes every name")
    func mock() throws {
        let prepared = try Prepared(
            Deployment(
                id: .explicit("any"),
                provider: 0,
                upstreamModel: .literal("*"),
                parameters: [.mockResponse: .text(.literal("hi"))]
            ),
            model: "*"
        )
        #expect(try prepared.target("nobody/model")?.model == "nobody/model")
    }

    @Test(
        "puts a pattern's captures in the name, and takes a whole name's prefix off",
        arguments: [
            ("openai/*", "*", "openai/gpt", "gpt"),
            ("team-*", "prod-*", "team-a", "prod-a"),
            ("openai/*/*", "*", "openai/a/b", "a/b"),
            ("other/*/*", "*", "other/a/b", "other/a/b"),
            // One capture in one star is what the configuration asked for, prefix or not.
            ("*", "*", "openai/gpt", "openai/gpt"),
        ]
    )
    func captures(pattern: String, upstream: String, name: String, expected: String) throws {
        let prepared = try Prepared(.of("openai", upstream), model: pattern)
        let target = try #require(try prepared.target(name))
        #expect(target.model == expected)
        #expect(target.deployment === prepared.deployment)
    }

    @Test("reads the provider of a name that is a reference from its value")
    func reference() throws {
        func prepared(_ provider: UInt16) throws -> Prepared {
            try Prepared(
                Deployment(id: .explicit("r"), provider: provider, upstreamModel: .variable("M")),
                values: ["os.environ/M": "groq/llama"]
            )
        }
        let read = try prepared(0).deployment
        #expect(read.provider?.prefix == "groq")
        #expect(read.upstreamModel == "llama")
        let forced = try prepared(try #require(Provider.named("groq")).code).deployment
        #expect(forced.upstreamModel == "llama")
        let other = try prepared(try #require(Provider.named("openai")).code).deployment
        #expect(other.upstreamModel == "groq/llama")
    }
}
