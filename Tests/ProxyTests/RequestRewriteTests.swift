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
        settings: ParameterSet = [:]
    ) async throws -> Result {
        var contents = TableContents()
        contents.settings = settings
        contents.models = [Tables.model("m")]
        let snapshot = try Tables.snapshot(contents)
        let lines = ["POST \(path) HTTP/1.1", "Host: gateway", "Content-Type: \(type)"]
        return try await harness.withRequest(lines, body: body, snapshot) { request, context in
            let body = try await request.connection.readBody()
            let content: RequestContent =
                request.endpoint.body == .multipart
                ? .form(try MultipartFacts(body.span, contentType: type))
                : .json(try RequestFacts(body.span, scanner: context.scanner))
            request.isStream = content.isStream
            let deployment = request.table.deployment(0, scanner: context.scanner)
            let plan = RequestRewrite(
                request: request,
                deployment: deployment,
                upstreamModel: upstream,
                overrides: .none
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
                publicModel: plan.publicModel.map { String(decoding: $0, as: UTF8.self) },
                hidesUsage: plan.hidesUsage
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

    @Test("changes the model of a form")
    func forms() async throws {
        let form = { (model: String) in
            "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\(model)\r\n--b--\r\n"
        }
        let result = try await rewrite(
            form("m"),
            path: "/v1/audio/transcriptions",
            type: "multipart/form-data; boundary=b"
        )
        #expect(result.body == form("up-m"))
        #expect(result.publicModel == nil)
    }
}
