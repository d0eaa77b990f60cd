package import JSON
package import OpenAI

/// Collects the answers of the calls that one embeddings request became, and merges them into
/// OpenAI's `list`. Answers may come in any order.
package struct EmbeddingAnswer: Sendable {
    /// How a vector is written.
    package enum Encoding: Hashable, Sendable {
        /// A list of numbers, with the digits that the upstream gave.
        case float
        /// Float32, little-endian, in base64.
        case base64
    }

    private let model: String
    private let encoding: Encoding
    /// JSON, by input.
    private var vectors: [[UInt8]?]
    private var promptTokens = 0

    /// - Parameters:
    ///   - model: the public name.
    ///   - inputCount: texts in the request.
    package init(model: String, encoding: Encoding, inputCount: Int) {
        self.model = model
        self.encoding = encoding
        vectors = Array(repeating: nil, count: max(inputCount, 0))
    }

    /// Whether every input has its vector.
    package var isComplete: Bool { vectors.allSatisfy { $0 != nil } }

    /// For accounting.
    package var usage: TokenUsage {
        var usage = TokenUsage()
        usage.prompt = promptTokens
        usage.total = promptTokens
        return usage
    }

    /// Takes one answer with status 200, of Titan or Cohere in any of their forms.
    ///
    /// - Parameters:
    ///   - inputs: the places of the texts that the call was for.
    ///   - inputTokens: header `X-Amzn-Bedrock-Input-Token-Count`, for bodies that do not say it.
    package mutating func add(
        _ body: RawSpan,
        inputs: Range<Int>,
        inputTokens: Int?,
        scanner: JSONScanner
    ) throws(BedrockFailure) {
        guard inputs.lowerBound >= 0, inputs.upperBound <= vectors.count else {
            throw .invalidAnswer("is for no input")
        }
        var found = EmbeddingFields()
        do {
            for index in try scanner.scan(body, names: EmbeddingFields.names) {
                found.note(scanner[index], body)
            }
        } catch { throw .invalidAnswer("is not JSON") }
        let lists = found.vectors(in: body, scanner: scanner)
        guard lists.count == inputs.count else {
            let message = found.message.map { ": \($0)" } ?? ""
            throw .invalidAnswer(
                "has \(lists.count) embeddings for \(inputs.count) inputs\(message)"
            )
        }
        for (input, list) in zip(inputs, lists) {
            vectors[input] = try vector(list, in: body)
        }
        promptTokens += found.tokenCount ?? min(max(inputTokens ?? 0, 0), 1 << 40)
    }

    /// OpenAI's body, once all answers are in.
    package func body() throws(BedrockFailure) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("object")
        writer.string("list")
        writer.key("data")
        writer.beginArray()
        for (index, vector) in vectors.enumerated() {
            guard let vector else { throw .invalidAnswer("lacks an embedding") }
            writer.beginObject()
            writer.key("object")
            writer.string("embedding")
            writer.key("index")
            writer.integer(index)
            writer.key("embedding")
            writer.raw(vector)
            writer.endObject()
        }
        writer.endArray()
        writer.key("model")
        writer.string(model)
        writer.key("usage")
        writer.beginObject()
        writer.key("prompt_tokens")
        writer.integer(promptTokens)
        writer.key("total_tokens")
        writer.integer(promptTokens)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    /// A vector as JSON: a list, or a string of base64.
    private func vector(
        _ list: JSONMember,
        in body: RawSpan
    ) throws(BedrockFailure) -> [UInt8] {
        var packed: [UInt8] = []
        var count = 0
        var walker = JSONWalker(body, at: list.value.lowerBound)
        while let element = walker?.next(body) {
            guard let number = JSONNumber(body, at: element.value) else {
                throw .invalidAnswer("has an embedding with something other than numbers")
            }
            count += 1
            if encoding == .float { continue }
            guard let value = number.value(body).map(Float.init), value.isFinite else {
                throw .invalidAnswer("has an embedding with a number out of range")
            }
            let bits = value.bitPattern
            for shift in stride(from: UInt32(0), through: 24, by: 8) {
                packed.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        guard count > 0 else { throw .invalidAnswer("has an empty embedding") }
        if encoding == .float { return JSONText.compact(body, at: list.value) }
        var text: [UInt8] = [UInt8(ascii: "\"")]
        Base64.append(packed, to: &text)
        text.append(UInt8(ascii: "\""))
        return text
    }
}

/// Where an answer of an embedding model has what is wanted.
private struct EmbeddingFields {
    private enum Field: String, CaseIterable {
        case embedding, embeddings, embeddingsByType, float, inputTextTokenCount, message
        case cohereByType = "embeddings_by_type"

        static let all = Array(allCases)
    }

    static let names = JSONNames(Field.all.map(\.rawValue))

    private var single: JSONMember?
    private var several: JSONMember?
    private var byType: JSONMember?
    private(set) var tokenCount: Int?
    /// Titan's multimodal models explain themselves in an answer with status 200.
    private(set) var message: String?

    mutating func note(_ member: JSONMember, _ body: RawSpan) {
        guard let field = member.name.map({ Field.all[$0] }) else { return }
        switch (field, member.kind) {
        case (.embedding, .array): single = member
        case (.embeddings, .array), (.embeddings, .object): several = member
        case (.embeddingsByType, .object), (.cohereByType, .object): byType = member
        case (.inputTextTokenCount, _): tokenCount = TokenUsage.count(member, in: body)
        case (.message, .string): message = JSONScalars.string(of: body, at: member.value)
        default: break
        }
    }

    /// The lists of numbers, in order.
    func vectors(in body: RawSpan, scanner: JSONScanner) -> [JSONMember] {
        if let single { return [single] }
        guard let lists = floats(several ?? byType, in: body, scanner: scanner) else { return [] }
        let elements = scanner.children(of: lists, in: body, names: .none).map { scanner[$0] }
        // Titan has one vector for each type, Cohere a list of them.
        if elements.first?.kind == .number { return [lists] }
        return elements.allSatisfy { $0.kind == .array } ? elements : []
    }

    /// A list, or the one that an object of lists by type has for floats.
    private func floats(
        _ member: JSONMember?,
        in body: RawSpan,
        scanner: JSONScanner
    ) -> JSONMember? {
        guard let member, member.kind == .object else { return member }
        for index in scanner.children(of: member, in: body, names: Self.names) {
            let list = scanner[index]
            if let name = list.name, Field.all[name] == .float, list.kind == .array { return list }
        }
        return nil
    }
}
