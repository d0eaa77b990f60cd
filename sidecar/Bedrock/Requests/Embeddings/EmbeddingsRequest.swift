package import JSON
package import OpenAI

/// A client's request for embeddings as bodies for InvokeModel. Their answers are put together in
/// the same order.
package struct EmbeddingsRequest: Sendable {
    /// Whose form the answers have.
    package enum Vendor: Hashable, Sendable {
        /// One vector an answer, with its number of tokens.
        case titan
        /// A list of vectors an answer; the number of tokens is in the header
        /// `x-amzn-bedrock-input-token-count`.
        case cohere
    }

    /// One call of InvokeModel.
    package struct Call: Hashable, Sendable {
        /// JSON in the model's own form.
        package let body: [UInt8]
        /// How many of the client's inputs it is for.
        package let inputCount: Int
    }

    package let vendor: Vendor
    /// One or more, in the order of the client's inputs.
    package let calls: [Call]
    /// Whether the client wants vectors as base64 of 32-bit floats; Bedrock gives numbers always.
    package let wantsBase64: Bool
    /// Members that mean nothing here and were left out, in order.
    package let ignoredMembers: [String]

    /// The most inputs of one request, as OpenAI has it.
    package static let inputsMax = 2048
    /// The most texts of one call of a Cohere model.
    package static let cohereTextsMax = 96

    /// Translates a request for `embeddings`. Throws 400 for what the model does not take, with
    /// `param`.
    package init(_ body: JSONValue, _ options: ConverseOptions) throws(OpenAIError) {
        guard let model = EmbeddingModel(options.modelID) else {
            throw .invalid("model", "no embedding model on Bedrock that this gateway translates to")
        }
        let members = try EmbeddingMembers(body, options, model)
        vendor = model.isCohere ? .cohere : .titan
        wantsBase64 = members.wantsBase64
        ignoredMembers = members.ignored
        let batch = model.isCohere ? EmbeddingsRequest.cohereTextsMax : 1
        var calls: [Call] = []
        var rest = members.inputs[...]
        while !rest.isEmpty {
            let inputs = rest.prefix(batch)
            rest = rest.dropFirst(batch)
            let body = try members.body(inputs, model)
            calls.append(Call(body: body, inputCount: inputs.count))
        }
        self.calls = calls
    }
}

/// The embedding models whose bodies are known.
enum EmbeddingModel: Hashable, Sendable {
    /// `amazon.titan-embed-text-v1`, also as `amazon.titan-embed-g1-text-02`.
    case titanV1
    case titanV2
    case titanImage
    case cohereV3
    case cohereV4

    init?(_ id: String) {
        let name = ModelTraits.bareName(id)
        if name.hasPrefix("amazon.titan-embed-text-v2") {
            self = .titanV2
        } else if name.hasPrefix("amazon.titan-embed-image") {
            self = .titanImage
        } else if name.hasPrefix("amazon.titan-embed") {
            self = .titanV1
        } else if name.hasPrefix("cohere.embed-v4") {
            self = .cohereV4
        } else if name.hasPrefix("cohere.embed") {
            self = .cohereV3
        } else {
            return nil
        }
    }

    var isCohere: Bool { self == .cohereV3 || self == .cohereV4 }

    /// What `dimensions` may be.
    var dimensions: [Int] {
        switch self {
        case .titanV1: [1536]
        case .titanV2: [256, 512, 1024]
        case .titanImage: [256, 384, 1024]
        case .cohereV3: [1024]
        case .cohereV4: [256, 512, 1024, 1536]
        }
    }

    /// Whether a request can say how long its vectors are.
    var takesDimensions: Bool { dimensions.count > 1 }
}
