internal import AWS
internal import Bedrock
internal import EventLoop
internal import HTTP
internal import OpenAI
internal import Routing
internal import Upstream

/// A request for embeddings as calls of InvokeModel, one after another, whose answers become one.
struct BedrockEmbeddings {
    let attempt: BedrockAttempt
    let caller: BedrockCaller

    func run(_ embeddings: EmbeddingsRequest) async throws(RequestFailure) -> FailedAnswer? {
        let request = attempt.request
        var answer = EmbeddingAnswer(
            model: request.model ?? "",
            encoding: embeddings.wantsBase64 ? .base64 : .float,
            inputCount: embeddings.calls.reduce(0) { $0 + $1.inputCount }
        )
        var place = 0
        for call in embeddings.calls {
            let inputs = place..<place + call.inputCount
            if let failed = try await add(call, inputs, to: &answer) { return failed }
            place = inputs.upperBound
            try request.checkIsWanted()
            if place < embeddings.calls.count, request.isOutOfTime {
                return FailedAnswer(.timeout, request.deadlineError)
            }
        }
        request.upstreamEndedAt = .now()
        let body: [UInt8]
        do throws(BedrockFailure) {
            body = try answer.body()
        } catch {
            return FailedAnswer(error, request)
        }
        request.usage = answer.usage
        try await attempt.send(body)
        return nil
    }

    private func add(
        _ call: EmbeddingsRequest.Call,
        _ inputs: Range<Int>,
        to answer: inout EmbeddingAnswer
    ) async throws(RequestFailure) -> FailedAnswer? {
        let exchange: any UpstreamExchange
        switch try await caller.call(.invoke, call.body) {
        case .refused(let failed): return failed
        case .granted(let answered): exchange = answered
        }
        let held: HeldBody
        switch try await caller.readWhole(exchange) {
        case .refused(let failed): return failed
        case .granted(let body): held = body
        }
        let buffer = held.buffer
        let tokens = exchange.fields.string("x-amzn-bedrock-input-token-count").flatMap { Int($0) }
        do throws(BedrockFailure) {
            try answer.add(
                buffer.span,
                inputs: inputs,
                inputTokens: tokens,
                scanner: attempt.context.scanner
            )
            return nil
        } catch {
            return FailedAnswer(error, attempt.request)
        }
    }
}
