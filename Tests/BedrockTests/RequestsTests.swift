import Bedrock
import JSON
import OpenAI
import TestSupport
import Testing

/// `Fixtures/requests/NAME.json`: the name is the rule, `expected` or `error` what comes of it.
@Suite("Requests to Bedrock")
struct RequestsTests {
    private static let model = "us.anthropic.claude-haiku-4-5-20251001-v1:0"

    @Test("are what the rule says", arguments: RequestsCase.all)
    func rule(_ one: RequestsCase) throws {
        let expected = one.document["expected"]
        let problem = one.document["error"]
        try #require((expected == nil) != (problem == nil), "one of expected and error")
        do {
            let result = try one.translated(one.request)
            // Order counts: the model's cache goes by the bytes.
            #expect(text(result) == expected.map(text))
        } catch let error {
            let problem = try #require(problem, "\(error)")
            #expect(problem["status"] == .integer(Int64(error.status)))
            #expect(problem["param"] == error.param.map { .string($0) })
            #expect(problem["class"] == .string(error.errorClass.rawValue))
            guard case .string(let part)? = problem["message"] else {
                Issue.record("no message")
                return
            }
            #expect(error.message.contains(part))
        }
    }

    @Test("have enough rules")
    func count() {
        #expect(RequestsCase.all.count >= 60)
    }

    @Test("survive what no client should send")
    func mutations() throws {
        var random = SeededRandom.make()
        let cases = RequestsCase.all
        var translated = 0
        for _ in 0..<20_000 {
            let one = cases[Int.random(in: 0..<cases.count, using: &random)]
            var request = one.request
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                RequestsMutation.mutate(&request, &random)
            }
            do {
                _ = try one.translated(request)
                translated += 1
            } catch {
                #expect(error.status == 400, "\(error)")
                #expect(error.param != nil, "\(error)")
            }
        }
        // Most changes are harmless.
        #expect(translated > 2000)
    }

    @Test("keep a tool's arguments byte for byte")
    func arguments() throws {
        let arguments = #"{ "x" : 1.50, "big": 12345678901234567890, "é":"\u00e9" }"#
        let call = JSONValue.object([
            .init("id", .string("c1")),
            .init(
                "function",
                .object([
                    .init("name", .string("f")), .init("arguments", .string(arguments)),
                ])
            ),
        ])
        let body = JSONValue.object([
            .init(
                "messages",
                .array([
                    try JSONValue(parsing: #"{"role":"user","content":"Hello"}"#),
                    .object([
                        .init("role", .string("assistant")), .init("tool_calls", .array([call])),
                    ]),
                    try JSONValue(parsing: #"{"role":"tool","tool_call_id":"c1","content":"x"}"#),
                ])
            )
        ])
        let request = try ConverseRequest(
            chat: body,
            ConverseOptions(model: BedrockModel(Self.model))
        )
        #expect(String(decoding: request.body, as: UTF8.self).contains(arguments))
    }

    @Test(
        "are refused where Bedrock has no such endpoint",
        arguments: [Endpoint.responses, .messages, .countTokens, .rerank]
    )
    func refused(_ endpoint: Endpoint) throws {
        let error = try #require(OpenAIError.refusedOnBedrock(endpoint))
        #expect(error.status == 501)
        #expect(error.param == "model")
        #expect(error.message.contains("/v1/" + endpoint.rawValue))
        #expect(error.message.contains("/v1/chat/completions"))
    }

    @Test(
        "are not refused where they are translated",
        arguments: [Endpoint.chatCompletions, .completions, .embeddings]
    )
    func translated(_ endpoint: Endpoint) {
        #expect(OpenAIError.refusedOnBedrock(endpoint) == nil)
    }

    @Test("of the same member twice go by the last")
    func duplicates() throws {
        let body = try JSONValue(
            parsing: #"{"messages":[{"role":"user","content":"a"}],"max_tokens":1,"max_tokens":2}"#
        )
        let request = try ConverseRequest(
            chat: body,
            ConverseOptions(model: BedrockModel(Self.model))
        )
        #expect(String(decoding: request.body, as: UTF8.self).contains(#""maxTokens":2}"#))
    }

    private func text(_ value: JSONValue) -> String {
        String(decoding: value.bytes, as: UTF8.self)
    }
}
