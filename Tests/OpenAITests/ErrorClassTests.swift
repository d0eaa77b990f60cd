import Testing

@testable import OpenAI

@Suite("The class of an upstream's error")
struct ErrorClassTests {
    private func classify(_ status: Int, _ text: String) -> OpenAIError.Class {
        let bytes = Array(text.utf8)
        return OpenAIError.errorClass(ofStatus: status, body: bytes.span.bytes)
    }

    @Test(
        "follows its status",
        arguments: [
            (400, .badRequest), (401, .authentication), (403, .permissionDenied), (404, .notFound),
            (408, .timeout), (409, .badRequest), (422, .unprocessableEntity), (429, .rateLimit),
            (500, .internalServer), (502, .badGateway), (503, .serviceUnavailable),
            (504, .internalServer),
        ] as [(Int, OpenAIError.Class)]
    )
    func statuses(status: Int, expected: OpenAIError.Class) {
        #expect(OpenAIError.errorClass(ofStatus: status) == expected)
        #expect(classify(status, #"{"error":{"message":"no"}}"#) == expected)
    }

    @Test(
        "is the context window's where the text says so, in any case",
        arguments: [
            "This model's maximum context length is 4096 tokens. However, you requested 5000",
            "The input (9 tokens) is longer than the model's context length (8 tokens).",
            "input length and `max_tokens` exceed context limit: 9 + 1 > 8",
            "Input is too long for requested model.",
            "prompt is too long: 210000 tokens > 200000 maximum",
            "the request exceeds the available context size, try increasing it",
            "Maximum input length is 8192 TOKENS",
            #"{"error":{"code":"context_length_exceeded"}}"#,
            "The decoder prompt (length 9) is longer than the maximum model length of 8.",
            "Your input exceeds the context window of this model.",
            "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000",
            "Please reduce the length of the messages. Current length is 9 while limit is 8",
            "Prompt 9 tokens too large for model with 8 maximum context length",
            "'messages' : String too long. Expected a string with maximum length 1048576",
        ]
    )
    func contextWindow(text: String) {
        #expect(classify(400, text) == .contextWindowExceeded)
        #expect(classify(413, text.uppercased()) == .contextWindowExceeded)
        // An overloaded server that repeats a prompt is still an overloaded server.
        #expect(classify(503, text) == .serviceUnavailable)
        #expect(classify(429, text) == .rateLimit)
    }

    @Test(
        "is the content policy's where the text says so",
        arguments: [
            #"{"error":{"code":"content_policy_violation"}}"#,
            "The response was filtered due to the prompt triggering Azure OpenAI's content "
                + "management policy.",
            #"{"innererror":{"code":"ResponsibleAIPolicyViolation"}}"#,
            "Your request was rejected as a result of our safety system.",
            "The request failed as a result of our safety system.",
            "The model produced invalid content.",
            #"{"error":{"code":"content_filter","status":400}}"#,
        ]
    )
    func contentPolicy(text: String) {
        #expect(classify(400, text) == .contentPolicyViolation)
    }

    @Test("is not the context window's where another field is too long")
    func otherFields() {
        for text in [
            "Invalid 'user': string too long. Expected a string with maximum length 64",
            #"{"error":{"code":"string_above_max_length","message":"Invalid 'metadata.a': "#
                + #"string too long. Expected a string with maximum length 512"}}"#,
        ] {
            #expect(classify(400, text) == .badRequest)
        }
    }

    @Test("reads the beginning of a body only, and any bytes")
    func bounds() {
        let far = String(repeating: " ", count: 20_000) + "maximum context length is 1"
        #expect(classify(400, far) == .badRequest)
        let bytes: [UInt8] = [0xFF, 0xFE, 0x00]
        #expect(OpenAIError.errorClass(ofStatus: 400, body: bytes.span.bytes) == .badRequest)
        #expect(classify(400, "") == .badRequest)
        #expect(classify(400, "maximum input length is 3 characters") == .badRequest)
    }

    @Test("does not repeat a huge name in its message")
    func hugeNames() {
        let name = String(repeating: "n", count: 100_000)
        let errors: [OpenAIError] = [
            .unknownModel(name), .unknownListedModel(name), .modelAccessDenied(model: name),
            .modelBlocked(name), .missingCredentials(name),
            .noDeployment(model: name, retryAfter: 1, isCooldown: false),
        ]
        for error in errors { #expect(error.body().count < 2000) }
    }
}
