internal import HTTP
internal import OpenAI
internal import Routing

/// What a request says of its own routing, from its body and its headers (LiteLLM §3.5, §5.3).
struct RequestWishes {
    var retries: Int?
    /// Of the whole: `x-litellm-timeout`, `timeout`.
    var timeoutMS: Int?
    var streamTimeoutMS: Int?
    var tags: [String] = []
    var walk = FallbackWalk.Wishes()
    /// What the targets of its own fallbacks replace in the body, by place.
    var overrides: [MemberTexts] = []

    /// None.
    init() {}

    /// Those of the headers.
    init(_ fields: HeaderBlock) {
        timeoutMS = Timing.milliseconds(fields.string("x-litellm-timeout"))
        streamTimeoutMS = Timing.milliseconds(fields.string("x-litellm-stream-timeout"))
    }
}
