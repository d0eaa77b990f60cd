import EventLoop
import HTTP
import JSON
import Providers
import RouteTable
import Routing
import Testing

@testable import Proxy

@Suite("The head of an answer")
struct AnswerHeadTests {
    private let harness: ProxyHarness
    private let snapshot: TableSnapshot

    init() throws {
        harness = try ProxyHarness()
        var contents = TableContents()
        contents.models = [Tables.model("m")]
        snapshot = try Tables.snapshot(contents)
    }

    /// The answer's head, line by line, in lower case.
    private func head(
        upstream: [String] = [],
        model: String = "m",
        isKnown: Bool = true,
        hasDeployment: Bool = true
    ) async throws -> [String] {
        let lines = ["POST /v1/chat/completions HTTP/1.1", "Host: gateway"]
        let head = try await harness.withRequest(lines, snapshot) { request, context in
            request.model = model
            request.isModelKnown = isKnown
            if hasDeployment {
                request.deployment = request.table.deployment(0, scanner: context.scanner)
                request.upstreamModel = "up-m"
            }
            let writer = request.connection.beginResponse(status: 200)
            let head = AnswerHead(request: request)
            head.writeUpstream(try answerFields(upstream), to: writer)
            head.writeOwn(to: writer)
            return text(writer.buffer)
        }
        return head.split(separator: "\r\n").dropFirst().map { $0.lowercased() }
    }

    @Test("carries the upstream's end-to-end fields as they are, repeated ones too")
    func passing() async throws {
        let fields = [
            "content-type: application/json", "x-request-id: r", "retry-after: 3",
            "x-ratelimit-remaining-requests: 1", "set-cookie: a=1", "set-cookie: b=2",
            "openai-processing-ms: 5",
        ]
        let sent = try await head(upstream: fields)
        #expect(Array(sent.prefix(fields.count)) == fields)
    }

    @Test(
        "leaves out what is the connection's, the framing's or ours",
        arguments: [
            "connection: close", "keep-alive: timeout=5", "te: trailers", "trailer: x",
            "upgrade: h2c", "content-length: 0", "transfer-encoding: chunked",
            "proxy-connection: close", "proxy-authenticate: basic", "x-litellm-model-id: spoofed",
            "X-LITELLM-CALL-ID: spoofed", "x-sidegate-error-class: spoofed",
        ]
    )
    func dropped(field: String) async throws {
        let sent = try await head(upstream: [field])
        #expect(!sent.contains(field.lowercased()))
        #expect(!sent.contains { $0.contains("spoofed") })
    }

    @Test("leaves out what the upstream's Connection field names")
    func namedByConnection() async throws {
        let sent = try await head(upstream: [
            "connection: X-Hop , x-other,x-end-to-end-not", "x-hop: 1", "X-Other: 2",
            "x-end-to-end: 3",
        ])
        #expect(!sent.contains("x-hop: 1"))
        #expect(!sent.contains("x-other: 2"))
        #expect(sent.contains("x-end-to-end: 3"))
    }

    @Test("says which deployment answered, without a base URL's query")
    func own() async throws {
        let sent = try await head()
        for line in [
            "x-litellm-call-id: call", "x-litellm-model-group: m", "x-litellm-model-id: id-m",
            "x-litellm-model-api-base: https://up.test/v1", "x-litellm-model-name: openai/up-m",
            "x-litellm-attempted-retries: 0", "x-litellm-attempted-fallbacks: 0",
        ] {
            #expect(sent.contains(line))
        }
        #expect(!sent.contains { $0.contains("canary") })
    }

    @Test("does not repeat names that nothing serves, and never lets one make a second line")
    func hostileModels() async throws {
        let unknown = try await head(model: "nobody", isKnown: false, hasDeployment: false)
        #expect(!unknown.contains { $0.contains("nobody") })
        let split = try await head(model: "a\r\nset-cookie: x=1")
        #expect(split.contains("x-litellm-model-group: a  set-cookie: x=1"))
        #expect(!split.contains("set-cookie: x=1"))
    }

    @Test("shows durations in milliseconds with three places")
    func durations() async throws {
        let lines = ["POST /v1/chat/completions HTTP/1.1", "Host: gateway"]
        let head = try await harness.withRequest(lines, snapshot) { request, _ in
            let writer = request.connection.beginResponse(status: 200)
            for nanoseconds: UInt64 in [0, 999, 1000, 1_234_567, 60_000_000_000] {
                writer.field("x", milliseconds: nanoseconds)
            }
            return text(writer.buffer)
        }
        let values = head.split(separator: "\r\n").dropFirst().map { $0.dropFirst(3) }
        #expect(values == ["0.000", "0.000", "0.001", "1.234", "60000.000"])
    }

    @Test("tells the providers of one catch-all apart, and shows no base of a client's")
    func variants() async throws {
        var contents = TableContents()
        contents.models = [
            Model(
                name: "*",
                deployments: [
                    Deployment(id: .explicit("any"), provider: 0, upstreamModel: .literal("*"))
                ]
            )
        ]
        let snapshot = try Tables.snapshot(contents)
        let lines = ["POST /v1/chat/completions HTTP/1.1", "Host: gateway"]
        let heads = try await harness.withRequest(lines, snapshot) { request, context in
            let any = request.table.deployment(0, scanner: context.scanner)
            let targets = ["openai/x", "groq/x"].compactMap {
                any.target(snapshot.resolver.resolve($0).first?.match)
            }
            var deployments = targets.map(\.deployment)
            let client = ClientCredentials(base: "https://client.test/v1")
            deployments.append(try deployments[0].using(client, allowsAll: true))
            return deployments.map {
                String(decoding: request.table.face(of: $0, model: "x").answerLines, as: UTF8.self)
            }
        }
        #expect(heads.count == 3)
        #expect(heads[0].contains("x-litellm-model-name: openai/x\r\n"))
        #expect(heads[0].contains("x-litellm-model-api-base: https://api.openai.com"))
        #expect(heads[1].contains("x-litellm-model-name: groq/x\r\n"))
        #expect(heads[1].contains("x-litellm-model-api-base: https://api.groq.com"))
        #expect(!heads[2].contains("api-base"))
    }
}
