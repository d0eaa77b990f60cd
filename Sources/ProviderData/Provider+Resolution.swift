/// What a deployment's `model` string means (LiteLLM §2.1).
package struct ProviderMatch: Hashable, Sendable {
    /// Nil when the string does not say which API it is for.
    package var provider: Provider?
    /// What the provider calls the model.
    package var upstreamModel: String
    /// Text before a `/` that looks like a provider's prefix but is not a known one.
    package var unknownPrefix: String?
}

extension Provider {
    private static let byPrefix: [String: Provider] =
        Dictionary(uniqueKeysWithValues: all.map { ($0.prefix, $0) })
    private static let byCode: [UInt16: Provider] =
        Dictionary(uniqueKeysWithValues: all.map { ($0.code, $0) })

    /// The provider with this prefix, or nil.
    package static func named(_ prefix: String) -> Provider? { byPrefix[prefix] }

    /// The provider with this code in a table, or nil.
    package static func coded(_ code: UInt16) -> Provider? { byCode[code] }

    /// Finds the provider of a deployment: `custom_llm_provider`, then the prefix of the model,
    /// then a known host in the base URL, then the bare name.
    package static func resolve(
        model: String,
        customProvider: String? = nil,
        apiBase: String? = nil
    ) -> ProviderMatch {
        let (head, rest) = split(model)
        if let customProvider, !customProvider.isEmpty {
            // The prefix is cut only when it repeats what was forced.
            let name = head == customProvider ? rest ?? model : model
            return ProviderMatch(
                provider: named(customProvider),
                upstreamModel: name,
                unknownPrefix: named(customProvider) == nil ? customProvider : nil
            )
        }
        if let head, let rest, let provider = named(head) {
            return ProviderMatch(provider: provider, upstreamModel: rest)
        }
        if let apiBase, let provider = provider(ofHost: apiBase) {
            return ProviderMatch(provider: provider, upstreamModel: model)
        }
        if let provider = provider(ofBareName: model) {
            return ProviderMatch(provider: provider, upstreamModel: model)
        }
        return ProviderMatch(provider: nil, upstreamModel: model, unknownPrefix: head)
    }

    private static func split(_ model: String) -> (head: String?, rest: String?) {
        guard let slash = model.firstIndex(of: "/"), slash != model.startIndex else {
            return (nil, nil)
        }
        return (String(model[..<slash]), String(model[model.index(after: slash)...]))
    }

    /// Bases with a host of their own; a `localhost` default says nothing about who is there.
    private static let byHost: [String: Provider] = {
        var hosts: [String: Provider] = [:]
        for provider in all {
            guard let base = provider.defaultBase, base.hasPrefix("https://") else { continue }
            let host = URLParts(base).host
            if hosts[host] == nil { hosts[host] = provider }
        }
        hosts["api.together.xyz"] = named("together_ai")
        hosts["dashscope-intl.aliyuncs.com"] = named("dashscope")
        return hosts
    }()

    private static func provider(ofHost base: String) -> Provider? {
        byHost[URLParts(base).host]
    }

    /// Name patterns of vendors. LiteLLM looks bare names up in its price list, where retired names
    /// vanish; a pattern does not break a working configuration.
    private static let bareNames: [(prefix: String, provider: String)] = [
        ("gpt-", "openai"), ("chatgpt-", "openai"), ("o1", "openai"), ("o3", "openai"),
        ("o4", "openai"), ("text-embedding-3", "openai"), ("text-embedding-ada", "openai"),
        ("dall-e", "openai"), ("whisper-1", "openai"), ("tts-", "openai"), ("sora-", "openai"),
        ("gpt4", "openai"), ("ft:gpt-", "openai"), ("omni-moderation", "openai"),
        ("text-moderation", "openai"), ("davinci-002", "openai"), ("babbage-002", "openai"),
        ("computer-use-preview", "openai"), ("codex-mini", "openai"),
        ("claude-", "anthropic"), ("gemini-", "gemini"), ("command-", "cohere"),
        ("mistral-", "mistral"), ("ministral-", "mistral"), ("open-mistral", "mistral"),
        ("magistral-", "mistral"), ("codestral-", "mistral"), ("pixtral-", "mistral"),
        ("deepseek-", "deepseek"), ("grok-", "xai"), ("sonar", "perplexity"),
        ("anthropic.", "bedrock"), ("amazon.", "bedrock"), ("meta.", "bedrock"),
        ("cohere.", "bedrock"), ("mistral.", "bedrock"), ("ai21.", "bedrock"),
        ("stability.", "bedrock"), ("deepseek.", "bedrock"), ("openai.gpt-oss", "bedrock"),
        ("qwen.", "bedrock"), ("us.", "bedrock"), ("eu.", "bedrock"), ("apac.", "bedrock"),
        ("global.", "bedrock"), ("us-gov.", "bedrock"), ("arn:aws", "bedrock"),
    ]

    private static func provider(ofBareName model: String) -> Provider? {
        guard !model.contains("/") || model.hasPrefix("arn:aws") else { return nil }
        for entry in bareNames where model.hasPrefix(entry.prefix) { return named(entry.provider) }
        return nil
    }
}
