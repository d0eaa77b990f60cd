import AWS
import RouteTable
import Testing
import Upstream

@testable import Providers

@Suite("A health probe")
struct HealthProbeTests {
    @Test(
        "asks where an answer costs nothing",
        arguments: [
            ("hosted_vllm", "http://vllm:8000/v1", "http://vllm:8000", "/health"),
            ("hosted_vllm", "http://vllm:8000", "http://vllm:8000", "/health"),
            ("openai", "https://api.test/v1", "https://api.test", "/v1/models"),
            ("ollama", "http://ollama:11434", "http://ollama:11434", "/v1/models"),
            (
                "azure", "https://one.openai.azure.com", "https://one.openai.azure.com",
                "/openai/models"
            ),
        ]
    )
    func free(prefix: String, base: String, origin: String, path: String) throws {
        let prepared = try Prepared(.of(prefix, "u", base: base, [.region: .text(.literal("x"))]))
        let probe = try #require(prepared.deployment.healthProbe)
        #expect("\(probe.url.origin)" == origin)
        #expect(probe.url.path == path)
        #expect(probe.body == nil)
    }

    @Test("pays for one token only where a model is named for it")
    func paid() throws {
        let chat = try Prepared(
            .of(
                "openai",
                "u",
                base: "http://up/v1",
                [.healthCheckModel: .text(.literal("openai/s"))]
            )
        )
        let probe = try #require(chat.deployment.healthProbe)
        #expect(probe.url.path == "/v1/chat/completions")
        let body = String(decoding: try #require(probe.body), as: UTF8.self)
        #expect(
            body == #"{"model":"s","messages":[{"role":"user","content":"hi"}],"max_tokens":1}"#
        )
        let embedding = try Prepared(
            .of(
                "openai",
                "u",
                base: "http://up/v1",
                [.healthCheckModel: .text(.literal("e")), .mode: .text(.literal("embedding"))]
            )
        )
        let other = try #require(embedding.deployment.healthProbe)
        #expect(other.url.path == "/v1/embeddings")
        #expect(
            String(decoding: try #require(other.body), as: UTF8.self)
                == #"{"model":"e","input":"hi"}"#
        )
    }

    private func bedrock(
        _ model: String,
        _ parameters: ParameterSet
    ) throws -> ResolvedDeployment {
        let own: ParameterSet = [.apiKey: .text(.literal("key"))]
        return try Prepared(
            .of("bedrock", model, own.merging(parameters) { $1 }),
            environment: ["AWS_REGION": "us-east-1"]
        ).deployment
    }

    @Test(
        "buys one token of Bedrock, or one vector",
        arguments: [
            (
                "bedrock/amazon.nova-lite-v1:0", "chat", .converse,
                "/model/amazon.nova-lite-v1%3A0/converse",
                #"{"messages":[{"role":"user","content":[{"text":"hi"}]}],"#
                    + #""inferenceConfig":{"maxTokens":1}}"#
            ),
            (
                "converse/openai.gpt-5.1", "chat", .converse, "/model/openai.gpt-5.1/converse",
                #"{"messages":[{"role":"user","content":[{"text":"hi"}]}],"#
                    + #""inferenceConfig":{"maxTokens":16}}"#
            ),
            (
                "amazon.titan-embed-text-v2:0", "embedding", .invoke,
                "/model/amazon.titan-embed-text-v2%3A0/invoke", #"{"inputText":"hi"}"#
            ),
        ] as [(String, String, BedrockOperation, String, String)]
    )
    func bedrock(
        model: String,
        mode: String,
        operation: BedrockOperation,
        path: String,
        body: String
    ) throws {
        let deployment = try bedrock(
            "amazon.nova-pro-v1:0",
            [.healthCheckModel: .text(.literal(model)), .mode: .text(.literal(mode))]
        )
        let probe = try #require(deployment.bedrockProbe)
        #expect(probe.operation == operation)
        #expect(probe.path == path)
        #expect(String(decoding: probe.body, as: UTF8.self) == body)
        #expect(deployment.healthProbe == nil, "that one would not be signed")
    }

    @Test("asks Bedrock nothing where no model is named to pay for, or it is switched off")
    func bedrockUnasked() throws {
        #expect(try bedrock("amazon.nova-pro-v1:0", [:]).bedrockProbe == nil)
        let named: ParameterSet = [.healthCheckModel: .text(.literal("amazon.nova-lite-v1:0"))]
        let off = named.merging([.isHealthCheckDisabled: .bool(true)]) { $1 }
        #expect(try bedrock("amazon.nova-pro-v1:0", off).bedrockProbe == nil)
        let embedding = named.merging([.mode: .text(.literal("embedding"))]) { $1 }
        #expect(try bedrock("amazon.nova-pro-v1:0", embedding).bedrockProbe == nil)
    }

    @Test("is not made where it is switched off, or nothing could be asked")
    func none() throws {
        let base = "http://up/v1"
        let off = Deployment.of("openai", "u", base: base, [.isHealthCheckDisabled: .bool(true)])
        #expect(try Prepared(off).deployment.healthProbe == nil)
        let mock = Deployment.of("openai", "u", base: base, [.mockResponse: .text(.literal("hi"))])
        #expect(try Prepared(mock).deployment.healthProbe == nil)
        #expect(try Prepared(.of("bedrock", "u")).deployment.healthProbe == nil)
    }

    @Test(
        "takes an answer for what it says",
        arguments: [
            (200, .healthy, .healthy), (204, .healthy, .healthy), (429, .unknown, .unknown),
            (408, .unknown, .unknown),
            (404, .unknown, .unhealthy("the health check was answered 404")),
            (
                401, .unhealthy("the health check was answered 401"),
                .unhealthy("the health check was answered 401")
            ),
            (
                503, .unhealthy("the health check was answered 503"),
                .unhealthy("the health check was answered 503")
            ),
            (301, .unknown, .unknown),
        ] as [(Int, HealthProbe.Verdict, HealthProbe.Verdict)]
    )
    func verdicts(status: Int, free: HealthProbe.Verdict, paid: HealthProbe.Verdict) throws {
        let asked = try Prepared(.of("openai", "u", base: "http://up/v1")).deployment
        let bought = try Prepared(
            .of("openai", "u", base: "http://up/v1", [.healthCheckModel: .text(.literal("s"))])
        ).deployment
        #expect(try #require(asked.healthProbe).verdict(status: status) == free)
        #expect(try #require(bought.healthProbe).verdict(status: status) == paid)
    }

    @Test("has five seconds, or what the configuration says")
    func time() throws {
        #expect(try Prepared(.of("openai", "u")).deployment.healthCheckTimeoutMS == 5_000)
        let own = Deployment.of("openai", "u", [.healthCheckTimeoutMS: .integer(700)])
        #expect(try Prepared(own).deployment.healthCheckTimeoutMS == 700)
    }
}
