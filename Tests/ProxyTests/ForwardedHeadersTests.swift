import EventLoop
import HTTP
import JSON
import RouteTable
import Testing

@testable import Proxy

@Suite("The headers of a request to an upstream")
struct ForwardedHeadersTests {
    private let harness: ProxyHarness

    init() throws {
        harness = try ProxyHarness()
    }

    /// What the upstream gets, in lower case and sorted, without the lines that are always there.
    private func forwarded(
        _ headers: [String],
        settings: ParameterSet = [:],
        deployment: ParameterSet = [:]
    ) async throws -> [String] {
        var contents = TableContents()
        contents.settings = settings
        contents.models = [Tables.model("m", deployment)]
        let snapshot = try Tables.snapshot(contents)
        let lines = ["POST /v1/chat/completions HTTP/1.1", "Host: gateway"] + headers
        let sent = try await harness.withRequest(lines, snapshot) { request, context in
            let deployment = request.table.deployment(0, scanner: context.scanner)
            let buffer = ByteBuffer()
            ForwardedHeaders(request: request, deployment: deployment)
                .write(to: buffer, isMultipart: false)
            return text(buffer)
        }
        #expect(sent.hasSuffix("\r\n"))
        let all = sent.split(separator: "\r\n").map { $0.lowercased() }
        #expect(all.filter { $0 == "accept-encoding: identity" }.count == 1)
        #expect(all.filter { $0.hasPrefix("content-type:") }.count == 1)
        return all.filter {
            !["accept-encoding: identity", "content-type: application/json"].contains($0)
        }
        .sorted()
    }

    @Test("are the few that are the upstream's business")
    func passing() async throws {
        let headers = [
            "Accept: text/event-stream", "Traceparent: 00-1", "Tracestate: a=b", "X-Request-ID: r",
            "Anthropic-Version: 2023-06-01", "OpenAI-Beta: assistants=v2",
            "Content-Type: application/json; charset=utf-8",
        ]
        #expect(try await forwarded(headers) == headers.map { $0.lowercased() }.sorted())
    }

    @Test(
        "are nothing else of the client's",
        arguments: [
            "Authorization: Bearer sk-client", "api-key: sk-client", "x-api-key: sk-client",
            "x-goog-api-key: sk-client", "x-litellm-api-key: sk-client", "Cookie: session=1",
            "User-Agent: sdk", "X-Forwarded-For: 10.0.0.1", "X-Stainless-Lang: python",
            "Accept-Encoding: gzip", "Accept-Language: de", "Connection: keep-alive",
            "TE: trailers", "Proxy-Authorization: Basic x", "Forwarded: for=1", "Range: bytes=0-1",
            "OpenAI-Organization: org-client", "OpenAI-Project: p", "x-litellm-timeout: 5",
            "Origin: http://evil.test", "Referer: http://evil.test", "Expect: 100-continue",
        ]
    )
    func dropped(header: String) async throws {
        #expect(try await forwarded([header]) == [])
    }

    @Test("are the client's own x- headers where the table forwards them, but no key")
    func forwardedClientHeaders() async throws {
        let headers = [
            "X-Team: a", "x-api-key: sk-client", "X-LiteLLM-API-Key: sk-client",
            "x-goog-api-key: sk-client", "x-litellm-tags: t", "Cookie: c",
            "Authorization: Bearer sk",
        ]
        let sent = try await forwarded(headers, settings: [.forwardClientHeaders: .bool(true)])
        #expect(sent == ["x-team: a"])
    }

    @Test("are the client's organisation where the table forwards it")
    func organization() async throws {
        let sent = try await forwarded(
            ["OpenAI-Organization: org-client"],
            settings: [.forwardOpenAIOrganization: .bool(true)]
        )
        #expect(sent == ["openai-organization: org-client"])
    }

    @Test("are the table's where both say something")
    func tableWins() async throws {
        let pairs = [
            "Accept", "application/json", "Content-Type", "application/json", "X-Request-Id", "t",
        ]
        let sent = try await forwarded(
            ["ACCEPT: text/html", "content-type: text/plain", "X-REQUEST-ID: c"],
            deployment: [.extraHeaders: .list(pairs.map { .literal($0) })]
        )
        #expect(sent == ["accept: application/json", "x-request-id: t"])
    }

    @Test("keep what a client hides in a value in that value")
    func hostileValues() async throws {
        let sent = try await forwarded(["x-request-id: a\tb; c: d", "accept: \u{80}\u{FF}"])
        #expect(sent.count == 2)
    }
}
