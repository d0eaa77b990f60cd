import OpenAI
import Testing

@Suite("Endpoint")
struct EndpointTests {
    @Test(
        "classifies paths with and without /v1, slashes at the end and queries",
        arguments: [
            ("/v1/chat/completions", Endpoint.chatCompletions, nil),
            ("/chat/completions?x=1", .chatCompletions, nil), ("/completions/", .completions, nil),
            ("/v1/embeddings", .embeddings, nil), ("/v1/responses", .responses, nil),
            ("/v1/messages", .messages, nil), ("/v1/messages/count_tokens", .countTokens, nil),
            ("/rerank", .rerank, nil), ("/v1/rerank", .rerank, nil), ("/v2/rerank", .rerank, nil),
            ("/score", .score, nil), ("/tokenize", .tokenize, nil), ("/pooling", .pooling, nil),
            ("/v1/audio/transcriptions", .transcriptions, nil),
            ("/v1/images/edits", .imageEdits, nil), ("/v1/moderations", .moderations, nil),
            ("/engines/a%2Fb/chat/completions", .chatCompletions, "a/b"),
            ("/v1/engines/m/completions", .completions, "m"),
            (
                "/openai/deployments/org/m%20x/chat/completions?api-version=1", .chatCompletions,
                "org/m x"
            ),
            ("/openai/deployments/m/audio/speech", .speech, "m"),
            ("/v1/models", .models, nil), ("/models", .models, nil),
            ("/v1/models/meta-llama/Llama-3%2E1", .model, "meta-llama/Llama-3.1"),
            ("/models/a%zz", .model, "a%zz"), ("/model/info", .modelInfo, nil),
            ("/v1/model/info", .modelInfo, nil), ("/model_group/info", .modelGroupInfo, nil),
            ("/health", .health, nil), ("/health/liveliness", .liveness, nil),
            ("/health/liveness", .liveness, nil), ("/health/readiness", .readiness, nil),
            ("/metrics/", .metrics, nil), ("/v1/files", .unsupported, nil),
            ("/v1/batches/b1/cancel", .unsupported, nil), ("/threads", .unsupported, nil),
            ("/v1/responses/resp_1", .unsupported, nil),
            ("/v1/realtime?model=x", .unsupported, nil),
            ("/", .unknown, nil), ("", .unknown, nil), ("/v1", .unknown, nil),
            ("/v1/health", .unknown, nil), ("/v1/models//", .models, nil),
            ("/engines//chat/completions", .unknown, nil), ("/v2/chat/completions", .unknown, nil),
            ("http://x/v1/models", .unknown, nil),
        ] as [(String, Endpoint, String?)]
    )
    func paths(target: String, endpoint: Endpoint, model: String?) {
        let match = EndpointMatch(target: target)
        #expect(match.endpoint == endpoint)
        #expect(match.model == model)
    }

    @Test("answers a wrong method with the methods that are right")
    func methods() throws {
        try Endpoint.chatCompletions.check(method: "POST")
        try Endpoint.models.check(method: "POST")
        try Endpoint.unknown.check(method: "BREW")
        let error = try #require(throws: OpenAIError.self) {
            try Endpoint.chatCompletions.check(method: "GET")
        }
        #expect(error.status == 405)
        #expect(error.allow == "POST")
        #expect(throws: OpenAIError.self) { try Endpoint.health.check(method: "POST") }
    }

    @Test("knows how each forwarded endpoint is reached")
    func forwarded() {
        #expect(Endpoint.chatCompletions.upstreamPath == "/chat/completions")
        #expect(Endpoint.tokenize.isAtUpstreamRoot)
        #expect(!Endpoint.rerank.isAtUpstreamRoot)
        #expect(Endpoint.models.upstreamPath == nil)
        #expect(Endpoint.transcriptions.body == .multipart)
        #expect(Endpoint.speech.body == .json)
        #expect(Endpoint.messages.errorDialect == .anthropic)
        #expect(Endpoint.chatCompletions.route == "/v1/chat/completions")
        #expect(Set(Endpoint.allCases.map(\.route)).count == Endpoint.allCases.count)
    }
}
