import OpenAI
import HTTP
import JSON
struct PromptMeasure {
    let inputTokens = 0
    init(_ facts: RequestFacts, body: RawSpan) {}
}
enum PromptPrefix {
    static func hash(_ facts: RequestFacts, _ body: RequestBody, bytesMax: Int) -> UInt64? { 1 }
}
extension OpenAIError {
    static func isModelNotFound(_ body: RawSpan) -> Bool { false }
}
