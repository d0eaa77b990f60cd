import EventLoop
import HTTP
import JSON
import OpenAI
import RouteTable
import Testing

@testable import Proxy

@Suite("The rewrite of a request")
struct RequestRewriteTests {
    /// What a rewrite makes of a request.
    private struct Result: Sendable {
        var body: String
        var publicModel: String?
        var hidesUsage: Bool
    }

    private let harness: ProxyHarness

    init() throws {
        harness = try ProxyHarness()
    }

    private func rewrite(
        _ body: String,
        path: String = "/v1/chat/completions",
        type: String = "application/json",
        upstream: String = "up-m",
        settings: ParameterSet = [:],
        deployment parameters: ParameterSet = [:],
        overrides: String = ""
    ) async throws -> Result {
        var contents = TableContents()
        contents.settings = settings
        contents.models = [Tables.model("m", parameters)]
        let snapshot = try Tables.snapshot(contents)
        let lines = ["POST \(path) HTTP/1.1", "Host: gateway", "Content-Type: \(type)"]
        return try await harness.withRequest(lines, body: body, snapshot) { request, context in
            let body = try await request.connection.readBody()
            let content: RequestContent =
                request.endpoint.body == .multipart
                ? .form(try MultipartFacts(body.span, contentType: type))
                : .json(try RequestFacts(body.span, scanner: context.scanner))
            request.isStream = content.isStream
            if case .json(let facts) = content, facts.hasControls {
                request.controls = try RequestControls(
                    facts,
                    body: body.span,
                    keptFields: request.endpoint.keptFields,
                    scanner: context.scanner
                )
            }
            let deployment = request.table.deployment(0, scanner: context.scanner)
            let plan = RequestRewrite(
                request: request,
                deployment: deployment,
                upstreamModel: upstream,
                overrides: try MemberTexts(parsing: Array(overrides.utf8), scanner: context.scanner)
            ).plan(content, body)
            var bytes: [UInt8] = []
            for segment in plan.edits.segments() {
                switch segment {
                case .body(let range): bytes += body.span.array(range)
                case .bytes(let added): bytes += added
                }
            }
            #expect(bytes.count == plan.edits.count)
            return Result(
                body: String(decoding: bytes, as: UTF8.self),
                publicModel: plan.restoration.publicModel.map {
                    String(decoding: $0, as: UTF8.self)
                },
                hidesUsage: plan.restoration.hidesUsage
            )
        }
    }

    @Test("changes the model's name and nothing else")
    func model() async throws {
        let result = try await rewrite(#"{ "model" : "m",  "x": [1, 2 ] }"#)
        #expect(result.body == #"{ "model" : "up-m",  "x": [1, 2 ] }"#)
        #expect(result.publicModel == #""m""#)
        #expect(!result.hidesUsage)
    }

    @Test("has nothing to restore where the names are the same")
    func sameName() async throws {
        let body = #"{"model":"up-m"}"#
        let result = try await rewrite(body)
        #expect(result.body == body)
        #expect(result.publicModel == nil)
    }

    @Test("escapes the upstream's name")
    func escapes() async throws {
        let result = try await rewrite(#"{"model":"m"}"#, upstream: "a\"\\\n,\"x\":1")
        #expect(result.body == #"{"model":"a\"\\\n,\"x\":1"}"#)
    }

    @Test("adds the model that the path names, and restores no name then")
    func pathModel() async throws {
        let result = try await rewrite(
            #"{"messages":[]}"#,
            path: "/openai/deployments/m/chat/completions"
        )
        #expect(result.body == #"{"messages":[],"model":"up-m"}"#)
        #expect(result.publicModel == nil)
    }

    @Test("asks for a stream's usage, and hides it unless the client or the table wants it")
    func usage() async throws {
        let body = #"{"model":"up-m","stream":true}"#
        let asked = #"{"model":"up-m","stream":true,"stream_options":{"include_usage":true}}"#
        let result = try await rewrite(body)
        #expect(result.body == asked)
        #expect(result.hidesUsage)
        #expect(try await !rewrite(asked).hidesUsage)
        let always = try await rewrite(body, settings: [.alwaysIncludeStreamUsage: .bool(true)])
        #expect(always.body == asked)
        #expect(!always.hidesUsage)
        #expect(try await rewrite(body, path: "/v1/embeddings").body == body)
    }

    @Test("takes a client's credentials and LiteLLM's own fields out")
    func credentials() async throws {
        let result = try await rewrite(
            #"{"api_key":"sk-c","model":"m","api_base":"http://evil","metadata":{},"user":"u"}"#
        )
        #expect(result.body == #"{"model":"up-m","user":"u"}"#)
        let kept = try await rewrite(#"{"model":"m","metadata":{"a":"b"}}"#, path: "/v1/responses")
        #expect(kept.body.contains(#""metadata":{"a":"b"}"#))
    }

    @Test("puts in what a fallback target says, and restores the client's name for the model")
    func overrides() async throws {
        let result = try await rewrite(
            #"{"model":"m","n":1,"fallbacks":[{"model":"o","n":2}]}"#,
            overrides: #""n":2,"seed":3"#
        )
        #expect(result.body == #"{"model":"up-m","n":2,"seed":3}"#)
        #expect(result.publicModel == #""m""#)
    }

    @Test("drops what the table and the request name, and what the provider does not take")
    func drops() async throws {
        let dropped: ParameterSet = [.additionalDropParams: .list([.literal("a.b")])]
        let body = #"{"model":"m","a":{"b":1,"c":2},"additional_drop_params":["x"],"x":1,"seed":1}"#
        #expect(
            try await rewrite(body, deployment: dropped).body
                == #"{"model":"up-m","a":{"c":2},"seed":1}"#
        )
        let limited = #"{"drop_params":true,"model":"m","temperature":0.5,"max_tokens":9}"#
        #expect(
            try await rewrite(limited, upstream: "o3-mini").body
                == #"{"model":"o3-mini","max_completion_tokens":9}"#
        )
        #expect(
            try await rewrite(limited.replacing("true", with: "false"), upstream: "o3-mini").body
                == #"{"model":"o3-mini","temperature":0.5,"max_tokens":9}"#
        )
    }

    @Test("changes the model of a form, and drops its fields by name")
    func forms() async throws {
        let part = { (name: String, value: String) in
            "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        let result = try await rewrite(
            part("model", "m") + part("prompt", "x") + "--b--\r\n",
            path: "/v1/audio/transcriptions",
            type: "multipart/form-data; boundary=b",
            deployment: [.additionalDropParams: .list([.literal("prompt")])]
        )
        #expect(result.body == part("model", "up-m") + "--b--\r\n")
        #expect(result.publicModel == nil)
    }
}
