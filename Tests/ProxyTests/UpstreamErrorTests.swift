import EventLoop
import HTTP
import JSON
import OpenAI
import RouteTable
import Routing
import Telemetry
import Testing
import Upstream

@testable import Proxy

@Suite("A failure of an upstream")
struct UpstreamErrorTests {
    @Test(
        "has a status, a class and a metric",
        arguments: [
            (.resolve, 500, .internalServer, "resolve"),
            (.connect, 500, .internalServer, "connect"),
            (.connectTimeout, 408, .timeout, "connect_timeout"),
            (.tls, 500, .internalServer, "tls"),
            (.closedBeforeHead, 500, .internalServer, "reset"),
            (.closedInBody, 500, .internalServer, "truncated"),
            (.firstByteTimeout, 408, .timeout, "first_byte_timeout"),
            (.idleTimeout, 408, .timeout, "idle_timeout"),
            (.totalTimeout, 408, .timeout, "total_timeout"),
            (.malformed, 502, .badGateway, "malformed"),
            (.cancelled, 500, .internalServer, nil),
        ] as [(UpstreamError.Kind, Int, OpenAIError.Class, String?)]
    )
    func answers(
        kind: UpstreamError.Kind,
        status: Int,
        errorClass: OpenAIError.Class,
        metric: String?
    ) async throws {
        var contents = TableContents()
        contents.models = [Tables.model("m", [.timeoutMS: .integer(1500)])]
        let snapshot = try Tables.snapshot(contents)
        let lines = ["POST /v1/chat/completions HTTP/1.1", "Host: gateway"]
        let upstream = UpstreamError(kind, "10.0.0.7:8000 canary-detail")
        let error = try await ProxyHarness().withRequest(lines, snapshot) { request, context in
            let deployment = request.table.deployment(0, scanner: context.scanner)
            request.begin(deployment, model: "m")
            return OpenAIError(upstream, request: request)
        }
        #expect(error.status == status)
        #expect(error.errorClass == errorClass)
        #expect(upstream.metricKind?.label == metric)
        // Addresses and the like are the operator's business.
        #expect(!String(decoding: error.body(), as: UTF8.self).contains("canary"))
    }

    @Test("says which limit was passed")
    func limits() async throws {
        var contents = TableContents()
        contents.models = [
            Tables.model("m", [.timeoutMS: .integer(1500), .streamTimeoutMS: .integer(2500)])
        ]
        contents.settings = [.sidegateLimits: .json([.literal(#"{"connect_timeout_ms":3500}"#)])]
        let snapshot = try Tables.snapshot(contents)
        let lines = ["POST /v1/chat/completions HTTP/1.1", "Host: gateway"]
        let messages = try await ProxyHarness().withRequest(lines, snapshot) { request, context in
            let deployment = request.table.deployment(0, scanner: context.scanner)
            request.begin(deployment, model: "m")
            let kinds: [UpstreamError.Kind] = [.firstByteTimeout, .idleTimeout, .connectTimeout]
            return kinds.map { OpenAIError(UpstreamError($0, ""), request: request).message }
        }
        for (message, limit) in zip(messages, ["1.5", "2.5", "3.5"]) {
            #expect(message.contains("timeout value=\(limit)"))
        }
    }

    @Test(
        "lets another group try only where that may help",
        arguments: [
            (400, false), (401, true), (403, true), (404, true), (408, true),
            (413, false), (422, false), (429, true), (500, true), (503, true),
        ]
    )
    func fallbacks(status: Int, expected: Bool) {
        #expect(FailureKind(status: status).isWorthAnotherModel == expected)
        #expect(OpenAIError.upstream(status: status).status == status)
    }
}
