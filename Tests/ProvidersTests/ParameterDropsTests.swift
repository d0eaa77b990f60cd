import JSON
import OpenAI
import ProviderData
import RouteTable
import Testing

@testable import Providers

@Suite("The parameters that a deployment drops")
struct ParameterDropsTests {
    /// What becomes of a request.
    private func sent(
        _ body: String,
        to deployment: Deployment,
        settings: ParameterSet = [:],
        controls: RequestControls? = nil,
        endpoint: Endpoint = .chatCompletions,
        model: String? = nil
    ) throws -> String {
        let prepared = try Prepared(deployment, settings: settings).deployment
        let policy = prepared.policy(
            for: endpoint,
            model: model ?? prepared.upstreamModel,
            controls: controls
        )
        let bytes = Array(body.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        let edits = facts.edits(policy, body: bytes.span.bytes)
        return String(decoding: edits.apply(to: bytes.span.bytes), as: UTF8.self)
    }

    private func controls(_ change: (inout RequestControls) -> Void) -> RequestControls {
        var controls = RequestControls.none
        change(&controls)
        return controls
    }

    private static let body = #"{"temperature":0.5,"logit_bias":{},"x":1}"#
    private static let dropped = #"{"x":1}"#

    @Test("are all kept where nothing says drop_params")
    func off() throws {
        #expect(try sent(Self.body, to: .of("openai", "o1")) == Self.body)
        let off: ParameterSet = [.dropParams: .bool(false)]
        #expect(
            try sent(Self.body, to: .of("openai", "o1", off), settings: [.dropParams: .bool(true)])
                == Self.body
        )
    }

    @Test("are those that the provider does not take, by the first word that there is on it")
    func precedence() throws {
        let on: ParameterSet = [.dropParams: .bool(true)]
        let off: ParameterSet = [.dropParams: .bool(false)]
        let wants = controls { $0.dropParams = true }
        let refuses = controls { $0.dropParams = false }
        let o1 = Deployment.of("openai", "o1")
        #expect(try sent(Self.body, to: o1, settings: on) == Self.dropped)
        #expect(try sent(Self.body, to: .of("openai", "o1", on), settings: off) == Self.dropped)
        #expect(try sent(Self.body, to: o1, settings: off, controls: wants) == Self.dropped)
        #expect(try sent(Self.body, to: .of("openai", "o1", on), controls: refuses) == Self.body)
        #expect(
            try sent(Self.body, to: o1, settings: on, controls: controls { _ in }) == Self.dropped
        )
    }

    @Test("are none at vLLM, at a provider of which nothing is known, and at other endpoints")
    func everythingForwarded() throws {
        let on: ParameterSet = [.dropParams: .bool(true)]
        #expect(try sent(Self.body, to: .of("hosted_vllm", "o1", on)) == Self.body)
        #expect(try sent(Self.body, to: .of("openai", "my-llama", on)) == Self.body)
        #expect(
            try sent(Self.body, to: .of("openai", "o1", on), endpoint: .embeddings) == Self.body
        )
    }

    @Test("go by the base model, or by the model that a pattern stands for")
    func models() throws {
        let on: ParameterSet = [.dropParams: .bool(true)]
        let named: ParameterSet = [
            .dropParams: .bool(true), .baseModel: .text(.literal("o3-mini")),
        ]
        let azure = Deployment.of("azure", "team-a", base: "https://a.test", named)
        #expect(try sent(Self.body, to: azure) == Self.dropped)
        let pattern = Deployment.of("openai", "*", on)
        #expect(try sent(Self.body, to: pattern, model: "o1") == Self.dropped)
        #expect(try sent(Self.body, to: pattern, model: "gpt-4o") == Self.body)
        let prepared = try Prepared(pattern).deployment
        for model in ["o1", "gpt-4o", "o1", "o3", "gpt-4o"] {
            let policy = prepared.policy(for: .chatCompletions, model: model, controls: nil)
            let drops = policy.unsupported.parameters.contains { $0.key == Array("top_p".utf8) }
            #expect(drops == model.hasPrefix("o"), "\(model)")
        }
    }

    @Test("are fewer by those that the deployment or the request allows")
    func allowed() throws {
        let deployment = Deployment.of(
            "openai",
            "o1",
            [.dropParams: .bool(true), .allowedOpenAIParams: .list([.literal("temperature")])]
        )
        #expect(try sent(Self.body, to: deployment) == #"{"temperature":0.5,"x":1}"#)
        let more = controls { $0.allowedOpenAIParams = [Array("logit_bias".utf8)] }
        #expect(try sent(Self.body, to: deployment, controls: more) == Self.body)
    }

    @Test("are also those by name, of the table and of the request, at every endpoint")
    func additional() throws {
        let deployment = Deployment.of(
            "hosted_vllm",
            "m",
            base: "http://a.test",
            [.additionalDropParams: .list([.literal("user"), .literal("a[*].b")])]
        )
        let more = controls { $0.additionalDropParams = [DropPath("a[0].c"), DropPath("seed")] }
        let body = #"{"user":"u","seed":1,"a":[{"b":1,"c":2},{"c":3}]}"#
        for endpoint in [Endpoint.chatCompletions, .embeddings, .responses] {
            #expect(
                try sent(body, to: deployment, endpoint: endpoint)
                    == #"{"seed":1,"a":[{"c":2},{"c":3}]}"#
            )
            #expect(
                try sent(body, to: deployment, controls: more, endpoint: endpoint)
                    == #"{"a":[{},{"c":3}]}"#
            )
        }
    }

    @Test("has a region where the table says so, and is in none otherwise")
    func region() throws {
        func isIn(_ wanted: String, _ parameters: ParameterSet) throws -> Bool {
            try Prepared(.of("openai", "m", parameters)).deployment.isIn(region: wanted)
        }
        let paris: ParameterSet = [.region: .text(.literal("eu-west-3"))]
        #expect(try isIn("eu", paris))
        #expect(try isIn("eu-west-3", paris))
        #expect(try !isIn("us", paris))
        #expect(try !isIn("eu", [:]))
    }
}
