internal import Cryptography
internal import HTTP
internal import JSON
internal import OpenAI

/// How a prompt begins, as one number: requests that begin alike have the same.
enum PromptPrefix {
    /// Keeps a beginning in two pieces apart from the same pieces the other way round.
    private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// The hash of the prompt's first `bytesMax` bytes; nil for a request without a prompt.
    static func hash(_ facts: RequestFacts, _ body: RawSpan, bytesMax: Int) -> UInt64? {
        let prefix = PromptMeasure(facts).prefix(bytesMax: bytesMax)
        let first = hash(prefix.first, body)
        let second = hash(prefix.second, body)
        guard let first, let second else { return first ?? second }
        return first &* multiplier &+ second
    }

    private static func hash(_ range: Range<Int>, _ body: RawSpan) -> UInt64? {
        range.isEmpty ? nil : XXH3.hash64(body.extracting(range))
    }
}
