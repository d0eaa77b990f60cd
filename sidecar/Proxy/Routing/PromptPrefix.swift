internal import HTTP
internal import JSON
internal import OpenAI
internal import Routing

/// How a prompt begins, as one number: requests that begin alike have the same.
enum PromptPrefix {
    /// The hash of the prompt's first `bytesMax` bytes; nil for a request without a prompt.
    static func hash(_ facts: RequestFacts, _ body: RawSpan, bytesMax: Int) -> UInt64? {
        let prefix = PromptMeasure(facts).prefix(bytesMax: bytesMax)
        return PromptHash.hash(prefix.first, prefix.second, of: body)
    }
}
