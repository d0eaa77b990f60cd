internal import JSON
internal import OpenAI

/// Converse's `inferenceConfig`, and `top_k`, which it does not have.
struct InferenceSettings {
    var maxTokens: Int?
    /// A number as the client wrote it.
    var temperature: JSONValue?
    var topP: JSONValue?
    var topK: Int?
    var stop: [String] = []

    /// Bedrock's limit.
    static let stopSequencesMax = 2500

    init(_ members: ChatMembers, _ options: ConverseOptions) throws(OpenAIError) {
        let hasNewName = members.maxCompletionTokens != nil
        maxTokens = try InferenceSettings.positive(
            members.maxCompletionTokens ?? members.maxTokens,
            hasNewName ? "max_completion_tokens" : "max_tokens"
        )
        temperature = try InferenceSettings.number(members.temperature, "temperature", max: 2)
        // OpenAI's range ends at 2, Bedrock's at 1.
        if let value = temperature?.double, value > 1 { temperature = .integer(1) }
        topP = try InferenceSettings.number(members.topP, "top_p", max: 1)
        topK = try InferenceSettings.positive(members.topK, "top_k")
        stop = try InferenceSettings.stop(members.stop)
        if options.traits.reasoning == .effortObject { maxTokens = maxTokens.map { max(16, $0) } }
        if options.traits.refusesTwoSamplings { try chooseSampling(options) }
    }

    /// Leaves out the one of `temperature` and `top_p` that changes nothing; both at once are too
    /// much for the newer Claude.
    private mutating func chooseSampling(_ options: ConverseOptions) throws(OpenAIError) {
        guard let temperature, let topP else { return }
        if temperature.double == 1, topP.double != 1 {
            self.temperature = nil
        } else if topP.double == 1 || options.dropParams {
            self.topP = nil
        } else {
            throw .invalid("top_p", "the model does not take temperature and top_p at once")
        }
    }

    /// Leaves out, or refuses, what Claude does not take while it thinks.
    mutating func fitThinking(_ options: ConverseOptions) throws(OpenAIError) {
        if let value = temperature?.double, value != 1 {
            try refuse("temperature", options)
            temperature = nil
        }
        if let value = topP?.double, value < 0.95 {
            try refuse("top_p", options)
            topP = nil
        }
        if topK != nil {
            try refuse("top_k", options)
            topK = nil
        }
    }

    private func refuse(_ name: String, _ options: ConverseOptions) throws(OpenAIError) {
        if options.dropParams { return }
        throw .invalid(
            name,
            "the model does not take it together with reasoning; set drop_params to leave it out"
        )
    }

    /// Writes nothing where there is nothing to say.
    func write(to writer: inout JSONWriter) {
        if maxTokens == nil, temperature == nil, topP == nil, stop.isEmpty { return }
        writer.key("inferenceConfig")
        writer.beginObject()
        if let maxTokens {
            writer.key("maxTokens")
            writer.integer(maxTokens)
        }
        if let temperature {
            writer.key("temperature")
            temperature.write(to: &writer)
        }
        if let topP {
            writer.key("topP")
            topP.write(to: &writer)
        }
        if !stop.isEmpty {
            writer.key("stopSequences")
            writer.beginArray()
            for text in stop { writer.string(text) }
            writer.endArray()
        }
        writer.endObject()
    }

    // MARK: Values

    private static func positive(
        _ value: JSONValue?,
        _ name: String
    ) throws(OpenAIError) -> Int? {
        guard let value else { return nil }
        guard let number = value.int, number > 0, number <= Int(Int32.max) else {
            throw .invalid(name, "must be a whole number from 1 to \(Int32.max)")
        }
        return number
    }

    private static func number(
        _ value: JSONValue?,
        _ name: String,
        max: Double
    ) throws(OpenAIError) -> JSONValue? {
        guard let value else { return nil }
        guard let number = value.double, (0...max).contains(number) else {
            throw .invalid(name, "must be a number from 0 to \(Int(max))")
        }
        return value
    }

    private static func stop(_ value: JSONValue?) throws(OpenAIError) -> [String] {
        switch value {
        case nil: return []
        case .string(let text)?: return text.isEmpty ? [] : [text]
        case .array(let texts)?:
            var stop: [String] = []
            for element in texts {
                guard case .string(let text) = element else {
                    throw .invalid("stop", "must be a string or a list of strings")
                }
                if !text.isEmpty { stop.append(text) }
            }
            guard stop.count <= stopSequencesMax else {
                throw .invalid("stop", "at most \(stopSequencesMax) sequences")
            }
            return stop
        default: throw .invalid("stop", "must be a string or a list of strings")
        }
    }
}
