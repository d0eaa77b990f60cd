import Testing

@testable import OpenAI

@Suite("A 404's subject")
struct ModelNotFoundTests {
    private func isModelNotFound(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return OpenAIError.isModelNotFound(bytes.span.bytes)
    }

    @Test(
        "is the model where the answer says so, in whichever words",
        arguments: [
            // vLLM
            #"{"error":{"message":"The model `x` does not exist.","type":"NotFoundError","#
                + #""param":"model","code":404}}"#,
            #"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","#
                + #""param":null,"code":404}"#,
            // OpenAI
            #"{"error":{"message":"The model `x` does not exist or you do not have access to it.","#
                + #""type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            // Azure
            #"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this "#
                + #"resource does not exist."}}"#,
            // Ollama
            #"{"error":"model \"x\" not found, try pulling it first"}"#,
            #"{"error":{"message":"model 'x' not found","type":"api_error"}}"#,
            // Anthropic
            #"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#,
            // Gemini
            #"[{"error":{"code":404,"message":"models/x is not found for API version v1main, or "#
                + #"is not supported.","status":"NOT_FOUND"}}]"#,
            // OpenRouter
            #"{"error":{"message":"No endpoints found for x.","code":404}}"#,
            #"{"detail":"Model x not found"}"#,
        ]
    )
    func model(text: String) {
        #expect(isModelNotFound(text))
    }

    @Test(
        "is not the model where nothing says so",
        arguments: [
            #"{"detail":"Not Found"}"#, "", "<html><body>404 Not Found</body></html>",
            "404 page not found", "{}", "[]", "null", #"{"error":null}"#, #"{"error":{}}"#,
            #"{"error":{"message":"Invalid URL (POST /v1/x)","type":"invalid_request_error"}}"#,
            #"{"error":{"message":"Resource not found","code":"404"}}"#,
            // The model is there, and is asked at the wrong path.
            #"{"error":{"message":"This is a chat model and not supported in the "#
                + #"v1/completions endpoint. Did you mean to use v1/chat/completions?","#
                + #""type":"invalid_request_error","param":"model","code":null}}"#,
            #"{"error":{"message":"No such File object: file-1","param":"id"}}"#,
        ]
    )
    func others(text: String) {
        #expect(!isModelNotFound(text))
    }
}
