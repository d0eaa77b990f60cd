internal import EventLoop
internal import HTTP
internal import OpenAI
internal import Upstream

/// Sends an upstream's error answer that was held until nothing else was left to try.
struct HeldRelay {
    let context: WorkerContext
    let request: ProxyRequest

    func send(_ held: HeldAnswer) async throws(RequestFailure) {
        // The answer says who gave it, whoever was asked since.
        request.deployment = held.deployment
        request.upstreamModel = held.upstreamModel
        request.endpointLabel = held.endpoint
        request.status = held.exchange.status
        request.errorClass = held.errorClass.rawValue
        request.connection.releaseBody()
        let writer = request.connection.beginResponse(status: held.exchange.status)
        let head = AnswerHead(request: request)
        head.writeUpstream(held.exchange.fields, to: writer)
        head.writeOwn(to: writer)
        head.writeDurations(to: writer)
        writer.field("x-sidegate-error-class", held.errorClass.rawValue)
        // Other deployments were asked already; SDKs would ask them all again.
        if request.attempts > 1 { writer.field("x-should-retry", "false") }
        let buffer = held.body.buffer
        do {
            try await request.connection.send(contentLength: buffer.count) { $0.append(buffer) }
        } catch {
            throw .connection(error)
        }
    }
}
