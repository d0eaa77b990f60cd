internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI

/// Answers for a deployment with a `mock_response`, which needs no upstream.
struct MockAnswer {
    let context: WorkerContext
    let request: ProxyRequest

    func send(_ text: String, _ content: RequestContent) async throws(RequestFailure) {
        request.answeredAt = .now()
        request.sentAt = request.answeredAt
        var mock = MockResponse(
            id: request.callID,
            created: context.wallSeconds,
            model: request.model ?? "",
            text: text
        )
        if case .json(let facts) = content {
            if case .wanted = facts.streamUsage { mock.includesUsage = true }
            mock.promptTokens = max(1, facts.count / 4)
        }
        if request.snapshot.alwaysIncludesUsage { mock.includesUsage = true }
        request.usage = mock.usage
        if request.isStream, let events = mock.events(request.endpoint) {
            return try await stream(events)
        }
        guard let body = mock.body(request.endpoint) else {
            throw .answer(.unsupportedEndpoint(request.head.pathText))
        }
        request.status = 200
        let writer = begin(type: "application/json")
        AnswerHead(request: request).writeDurations(to: writer)
        do {
            try await request.connection.send(contentLength: body.count) {
                $0.append(keeping: body)
            }
        } catch {
            throw .connection(error)
        }
    }

    private func stream(_ events: [[UInt8]]) async throws(RequestFailure) {
        request.status = 200
        _ = begin(type: "text/event-stream; charset=utf-8")
        request.connection.beginStream()
        request.firstContentAt = .now()
        do {
            for event in events {
                try await request.connection.sendPieces { $0.append(keeping: event) }
            }
            try await request.connection.endStream()
        } catch {
            throw .connection(error)
        }
    }

    private func begin(type: StaticString) -> ResponseHeadWriter {
        let writer = request.connection.beginResponse(status: 200)
        writer.line(context.date.currentLine())
        writer.field("content-type", type)
        AnswerHead(request: request).writeOwn(to: writer)
        return writer
    }
}
