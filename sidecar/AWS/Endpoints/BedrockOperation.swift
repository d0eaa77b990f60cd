/// What is asked of a model: the last part of the path.
package enum BedrockOperation: String, CaseIterable, Hashable, Sendable {
    case converse
    case converseStream = "converse-stream"
    case invoke
    case invokeStream = "invoke-with-response-stream"
    case countTokens = "count-tokens"
}
