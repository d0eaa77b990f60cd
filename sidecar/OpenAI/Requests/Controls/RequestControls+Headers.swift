extension RequestControls {
    /// The headers that say what a field of the body would (LiteLLM §3.6), in lower case.
    package enum Header: String, CaseIterable, Hashable, Sendable {
        case numRetries = "x-litellm-num-retries"
        case timeout = "x-litellm-timeout"
        case streamTimeout = "x-litellm-stream-timeout"
        case tags = "x-litellm-tags"
        case cacheControl = "cache-control"
    }

    /// Takes one header's value into account; to be called after the body was read.
    ///
    /// As in LiteLLM, whose proxy writes the headers over the body's fields, a header wins over the
    /// body. Tags are joined to the body's, and so is what is asked of the cache. An empty value
    /// says nothing.
    ///
    /// - Throws: the answer to a value that is out of range, with the header as `param`.
    package mutating func take(_ header: Header, _ value: String) throws(OpenAIError) {
        let text = MultipartBoundary.trimmed(Array(value.utf8)[...])
        if text.isEmpty { return }
        let bytes = Array(text)
        let span = unsafe bytes.span.bytes
        let control = ControlValue(header.rawValue, text: 0..<bytes.count)
        switch header {
        case .numRetries:
            numRetries = try control.count(span, max: RequestControls.retriesMax)
        case .timeout: timeoutMS = try control.milliseconds(span)
        case .streamTimeout: streamTimeoutMS = try control.milliseconds(span)
        case .tags:
            let tags = text.split(separator: UInt8(ascii: ",")).map {
                String(decoding: MultipartBoundary.trimmed($0), as: UTF8.self)
            }
            try add(tags: tags, header.rawValue)
        case .cacheControl:
            var joined = cache ?? CacheControls()
            try joined.take(directives: bytes)
            if joined != CacheControls() { cache = joined }
        }
    }
}
