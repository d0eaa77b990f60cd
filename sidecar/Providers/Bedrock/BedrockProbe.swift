package import AWS
internal import Bedrock
internal import JSON
internal import RouteTable

/// One token, or one vector, of a model on Bedrock, which has nothing that can be asked for free.
package struct BedrockProbe: Hashable, Sendable {
    package let operation: BedrockOperation
    /// As it is sent and signed.
    package let path: String
    package let body: [UInt8]
}

extension ResolvedDeployment {
    /// How a deployment on Bedrock is asked whether it is well; nil unless its author names the
    /// model to pay for (`health_check_model`).
    package var bedrockProbe: BedrockProbe? {
        guard let bedrock, readiness == .ready, !isNeverAsked,
            let name = parameters.string(.healthCheckModel, using: referenceValues)
        else { return nil }
        let model = name.hasPrefix("bedrock/") ? String(name.dropFirst("bedrock/".count)) : name
        let isEmbedding = parameters.string(.mode, using: referenceValues) == "embedding"
        let operation = isEmbedding ? BedrockOperation.invoke : .converse
        guard let path = bedrock.path(operation, model: model),
            let body = BedrockProbe.body(isEmbedding, bedrock.options(model: model))
        else { return nil }
        return BedrockProbe(operation: operation, path: path, body: body)
    }
}

extension BedrockProbe {
    private static let chat = #"{"messages":[{"role":"user","content":"hi"}],"max_tokens":1}"#
    private static let embedding = #"{"input":"hi"}"#

    /// As a client's request would become; nil for a model that is not translated to.
    fileprivate static func body(_ isEmbedding: Bool, _ options: ConverseOptions) -> [UInt8]? {
        guard let request = try? JSONValue(parsing: isEmbedding ? embedding : chat) else {
            return nil
        }
        if isEmbedding { return (try? EmbeddingsRequest(request, options))?.calls.first?.body }
        return (try? ConverseRequest(chat: request, options))?.body
    }
}
