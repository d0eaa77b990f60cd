import Bedrock
import JSON
import OpenAI

/// `embeddings`: a request with its options, or the answers of its calls with `inputCount`; both in
/// the form of the translator's fixtures.
extension Target {
    static let embeddings = Target(name: "embeddings", isJSON: true) { bytes in
        guard let document = JSONValue(document: bytes) else { return .ignored }
        if let request = document["request"] {
            checkRequest(request, ConverseOptions(fixture: document["options"]))
            return .passed
        }
        guard document["operation"] == .string("embeddings") else { return .ignored }
        checkAnswers(document)
        return .passed
    }

    private static func checkRequest(_ request: JSONValue, _ options: ConverseOptions) {
        do throws(OpenAIError) {
            let translated = try EmbeddingsRequest(request, options)
            require(!translated.calls.isEmpty, "no calls")
            var inputCount = 0
            for call in translated.calls {
                let body = JSONValue.object(written: call.body, "a call")
                let most = translated.vendor == .titan ? 1 : EmbeddingsRequest.cohereTextsMax
                require((1...most).contains(call.inputCount), "\(call.inputCount) inputs")
                if translated.vendor == .cohere {
                    require(body["texts"]?.elements.count == call.inputCount, "other texts")
                }
                inputCount += call.inputCount
            }
            require(inputCount <= EmbeddingsRequest.inputsMax, "\(inputCount) inputs")
        } catch {
            require(error.status == 400 && error.param != nil, "\(error)")
            _ = JSONValue.object(written: error.body(), "the error")
        }
    }

    private static func checkAnswers(_ document: JSONValue) {
        let inputCount = min(document["inputCount"]?.int ?? 0, 4096)
        let isBase64 = document["encoding"] == .string("base64")
        var answer = EmbeddingAnswer(
            model: "public",
            encoding: isBase64 ? .base64 : .float,
            inputCount: inputCount
        )
        let scanner = JSONScanner()
        do throws(BedrockFailure) {
            for call in document["calls"]?.elements ?? [] {
                let first = min(max(call["first"]?.int ?? 0, 0), 8192)
                let count = min(max(call["count"]?.int ?? 0, 0), 8192)
                try answer.add(
                    call.document("body", text: "bodyText").rawSpan,
                    inputs: first..<first + count,
                    inputTokens: call["inputTokens"]?.int,
                    scanner: scanner
                )
            }
            let isComplete = answer.isComplete
            let body = JSONValue.object(written: try answer.body(), "the list")
            require(isComplete, "a list without all embeddings")
            let data = body["data"]?.elements ?? []
            require(data.count == max(inputCount, 0), "\(data.count) embeddings")
            for (place, element) in data.enumerated() {
                require(element["index"]?.int == place, "an embedding out of order")
                let isText = element["embedding"]?.text != nil
                require(isText == isBase64, "an embedding in the other form")
            }
        } catch {
            check(error)
        }
    }
}
