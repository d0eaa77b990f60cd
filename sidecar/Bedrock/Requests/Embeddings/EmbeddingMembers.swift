internal import JSON
internal import OpenAI

/// The outermost members of a request for embeddings.
struct EmbeddingMembers {
    private(set) var inputs: [String] = []
    private(set) var wantsBase64 = false
    private(set) var ignored: [String] = []
    private var input: JSONValue?
    private var dimensions: Int?
    /// Members of the model's own that go into each body.
    private var extensions: [JSONValue.Member] = []

    init(
        _ body: JSONValue,
        _ options: ConverseOptions,
        _ model: EmbeddingModel
    ) throws(OpenAIError) {
        guard case .object(var members) = body else {
            throw .invalid("request_body", "must be a JSON object")
        }
        if !options.additionalDropParams.isEmpty {
            members = options.additionalDropParams.applied(to: members)
        }
        for member in members where member.value != .null { try take(member, options, model) }
        inputs = try EmbeddingMembers.inputs(input)
    }

    private mutating func take(
        _ member: JSONValue.Member,
        _ options: ConverseOptions,
        _ model: EmbeddingModel
    ) throws(OpenAIError) {
        switch (member.key, member.value) {
        case ("input", let value): input = value
        case ("dimensions", let value):
            if let number = value.int, model.dimensions.contains(number) {
                dimensions = number
            } else if !options.dropParams {
                if !model.takesDimensions { throw .unsupported("dimensions") }
                let words = model.dimensions.map(String.init).joined(separator: ", ")
                throw .invalid("dimensions", "must be one of \(words) for the model")
            }
        case ("encoding_format", .string("float")): wantsBase64 = false
        case ("encoding_format", .string("base64")): wantsBase64 = true
        case ("encoding_format", _): throw .invalid("encoding_format", "must be float or base64")
        case ("model", _), ("user", _): break
        case ("input_type", .string), ("truncate", .string):
            if model.isCohere { set(member) } else { ignored.append(member.key) }
        case ("max_tokens", .integer) where model == .cohereV4: set(member)
        case ("normalize", .bool) where model == .titanV2: set(member)
        case (let key, _) where options.allowedOpenAIParams.contains(key): set(member)
        case (let key, _): ignored.append(key)
        }
    }

    private mutating func set(_ member: JSONValue.Member) {
        extensions.removeAll { $0.key == member.key }
        extensions.append(member)
    }

    private static func inputs(_ input: JSONValue?) throws(OpenAIError) -> [String] {
        guard let input else { throw .missingField("input") }
        let elements: [JSONValue]
        switch input {
        case .string: elements = [input]
        case .array(let list): elements = list
        default: throw .invalid("input", "must be a string or a list of strings")
        }
        guard (1...EmbeddingsRequest.inputsMax).contains(elements.count) else {
            throw .invalid("input", "must be 1 to \(EmbeddingsRequest.inputsMax) strings")
        }
        var texts: [String] = []
        texts.reserveCapacity(elements.count)
        for element in elements {
            guard case .string(let text) = element else {
                throw .invalid("input", "must be strings: tokens mean nothing to Bedrock")
            }
            if text.isBlank { throw .invalid("input", "must not be blank") }
            texts.append(text)
        }
        return texts
    }

    /// The body for some of the inputs: one for Titan, up to 96 for Cohere.
    func body(
        _ inputs: ArraySlice<String>,
        _ model: EmbeddingModel
    ) throws(OpenAIError) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        if model.isCohere {
            writer.key("texts")
            writer.beginArray()
            for text in inputs { writer.string(text) }
            writer.endArray()
            if !extensions.contains(where: { $0.key == "input_type" }) {
                writer.member("input_type", "search_document")
            }
        } else {
            for text in inputs { try writeTitan(text, model, &writer) }
        }
        writeDimensions(model, &writer)
        for member in extensions {
            writer.key(member.key)
            member.value.write(to: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    private func writeTitan(
        _ text: String,
        _ model: EmbeddingModel,
        _ writer: inout JSONWriter
    ) throws(OpenAIError) {
        guard model == .titanImage, text.hasPrefix("data:") else {
            writer.member("inputText", text)
            return
        }
        guard let image = DataURL(text), image.mediaType.hasPrefix("image/") else {
            throw .invalid("input", "an image must be a data URL in base64")
        }
        writer.member("inputImage", image.base64)
    }

    /// Nothing where the model has one length only.
    private func writeDimensions(_ model: EmbeddingModel, _ writer: inout JSONWriter) {
        guard let dimensions, model.takesDimensions else { return }
        switch model {
        case .cohereV4: writer.key("output_dimension")
        case .titanImage:
            writer.key("embeddingConfig")
            writer.beginObject()
            writer.key("outputEmbeddingLength")
            writer.integer(dimensions)
            writer.endObject()
            return
        default: writer.key("dimensions")
        }
        writer.integer(dimensions)
    }
}
