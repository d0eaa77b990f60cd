internal import HTTP
internal import OpenAI
internal import Routing

/// What a request says of its own routing, in the words of routing (LiteLLM §3.5, §5.3).
struct RequestWishes {
    var retries: Int?
    /// Of the whole: `x-litellm-timeout`, `timeout`, `request_timeout`.
    var timeoutMS: Int?
    var streamTimeoutMS: Int?
    var tags: [String] = []
    /// `allowed_model_region`.
    var region: String?
    var walk = FallbackWalk.Wishes()
    /// What the targets of its own fallbacks replace in the body, by place.
    var overrides: [MemberTexts] = []

    /// None.
    init() {}

    /// Those of a request for `model`.
    init(_ controls: RequestControls, model: String) {
        retries = controls.numRetries
        timeoutMS = controls.timeoutMS ?? controls.requestTimeoutMS
        streamTimeoutMS = controls.streamTimeoutMS
        tags = controls.tags
        region = controls.allowedModelRegion
        let targets = controls.fallbacks(of: model)
        overrides = targets?.map(\.overrides) ?? []
        walk.fallbacks = targets?.map(\.name)
        walk.contextWindow = controls.contextWindowFallbacks?.byModel
        walk.contentPolicy = controls.contentPolicyFallbacks?.byModel
        walk.isDisabled = controls.disablesFallbacks
    }
}

extension RequestControls {
    /// The controls of a request's headers over those of its body; nil where neither has any.
    static func join(
        _ body: RequestControls?,
        _ fields: HeaderBlock
    ) throws(OpenAIError) -> RequestControls? {
        var joined = body
        for field in fields.fields {
            guard let header = Header(field, in: fields) else { continue }
            var controls = joined ?? .none
            let value = unsafe String(decoding: fields.value(of: field), as: UTF8.self)
            try controls.take(header, value)
            // Most of what `Cache-Control` says is said to browsers.
            if joined != nil || controls != .none { joined = controls }
        }
        return joined
    }
}

extension RequestControls.Header {
    fileprivate init?(_ field: HeaderBlock.Field, in fields: HeaderBlock) {
        if fields.isNamed(field, "cache-control") {
            self = .cacheControl
        } else if !fields.hasPrefix(field, "x-litellm-") {
            return nil
        } else if fields.isNamed(field, "x-litellm-timeout") {
            self = .timeout
        } else if fields.isNamed(field, "x-litellm-stream-timeout") {
            self = .streamTimeout
        } else if fields.isNamed(field, "x-litellm-num-retries") {
            self = .numRetries
        } else if fields.isNamed(field, "x-litellm-tags") {
            self = .tags
        } else {
            return nil
        }
    }
}
