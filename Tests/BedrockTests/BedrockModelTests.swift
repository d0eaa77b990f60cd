import Bedrock
import Testing

@Suite("A Bedrock model")
struct BedrockModelTests {
    @Test("is named without LiteLLM's route")
    func route() {
        #expect(BedrockModel("converse/anthropic.claude-v2").id == "anthropic.claude-v2")
        #expect(BedrockModel("anthropic.claude-v2").id == "anthropic.claude-v2")
    }
}
