/// One kind of API that a deployment can speak: where it is, how it is authenticated, and which
/// dialect of the OpenAI protocol it understands (LiteLLM §2.2).
package struct Provider: Hashable, Sendable {
    /// How a provider's HTTP interface differs from OpenAI's.
    package enum Dialect: UInt8, Hashable, Sendable {
        /// `{base}/chat/completions` and so on, bodies as they are.
        case openAI
        /// Azure OpenAI: the deployment in the path, `api-version` in the query.
        case azure
        /// Azure AI model inference: OpenAI's bodies under `/models` on `services.ai.azure.com`.
        case azureAI
        /// Anthropic through its OpenAI-compatible endpoint.
        case anthropic
        /// Gemini through its OpenAI-compatible endpoint.
        case gemini
        /// Ollama through `/v1`.
        case ollama
        /// AWS Bedrock: Converse and InvokeModel, signed requests.
        case bedrock
        /// Answers by itself; no upstream.
        case mock
        /// Known to LiteLLM, not spoken here: a request that can only go there gets 501.
        case unsupported
        /// Compiling is refused unless the deployment names an `api_base`.
        case refused
    }

    /// The header that carries the key.
    package enum KeyHeader: UInt8, Hashable, Sendable {
        /// `Authorization: Bearer KEY`.
        case bearer
        /// `api-key: KEY` (Azure).
        case apiKey
        /// `x-api-key: KEY` (Anthropic's own API).
        case xAPIKey
        /// No key is sent, or the request is signed.
        case none
    }

    /// The number in tables: stable, never used again; 0 stands for "decided at load".
    package let code: UInt16
    /// The text before the first `/` of `litellm_params.model`.
    package let prefix: String
    package let dialect: Dialect
    /// The base URL when neither `api_base` nor a variable gives one; nil when one is required.
    package let defaultBase: String?
    /// Environment variables that give a base URL, first one wins.
    package let baseVariables: [String]
    /// Environment variables that give a key, first one wins.
    package let keyVariables: [String]
    package let keyHeader: KeyHeader
    /// What is sent as key when none is configured.
    package let defaultKey: String?

    /// The base URL of a deployment that names none.
    package func base(environment: (String) -> String?) -> String? {
        first(of: baseVariables, in: environment) ?? defaultBase
    }

    /// The key of a deployment that names none.
    package func key(environment: (String) -> String?) -> String? {
        first(of: keyVariables, in: environment) ?? defaultKey
    }

    private func first(of names: [String], in environment: (String) -> String?) -> String? {
        for name in names {
            if let value = environment(name), !value.isEmpty { return value }
        }
        return nil
    }

    /// The header for a key sent to this base URL: Azure's hosts want `api-key` even where the
    /// provider as a whole takes a bearer token (`azure_ai`).
    package func keyHeader(base: String) -> KeyHeader {
        guard dialect == .azureAI else { return keyHeader }
        let host = URLParts(base).host
        let isAzure =
            host.hasSuffix(".services.ai.azure.com") || host.hasSuffix(".openai.azure.com")
        return isAzure ? .apiKey : keyHeader
    }
}
