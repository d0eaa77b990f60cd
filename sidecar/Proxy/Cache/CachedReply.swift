internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI
internal import ResponseCache

/// Gives an answer out of the cache.
struct CachedReply {
    let context: WorkerContext
    let request: ProxyRequest

    /// - Parameter publicModel: the name that belongs into the answer, as a JSON string; empty
    ///   where that is the upstream's.
    func send(
        _ answer: CachedAnswer,
        _ key: CacheKey,
        publicModel: [UInt8]
    ) async throws(RequestFailure) {
        let body = body(of: answer, publicModel)
        let connection = request.connection
        connection.releaseBody()
        request.status = 200
        let writer = connection.beginResponse(status: 200)
        writer.line(context.date.currentLine())
        writer.field("content-type", answer.contentType)
        writer.field("x-litellm-cache-key", key.hex)
        writer.field("age", Int(answer.ageMS(at: RequestCaching.nowMS) / 1_000))
        let head = AnswerHead(request: request)
        head.writeOwn(to: writer)
        do {
            switch answer.kind {
            case .whole:
                head.writeDurations(to: writer)
                try await connection.send(contentLength: body.count) { $0.append(keeping: body) }
            case .stream:
                writer.field("cache-control", "no-cache")
                writer.field("x-accel-buffering", "no")
                connection.beginStream()
                try await connection.sendPieces { $0.append(keeping: body) }
                try await connection.endStream()
            }
        } catch {
            throw .connection(error)
        }
    }

    /// The answer with the name in it that this client knows the model by.
    private func body(of answer: CachedAnswer, _ publicModel: [UInt8]) -> [UInt8] {
        let stored = answer.body
        if publicModel.isEmpty || publicModel == answer.publicModel { return stored }
        let span = stored.rawSpan
        let dialect = request.endpoint.dialect ?? .other
        switch answer.kind {
        case .whole:
            let facts = ResponseFacts(span, dialect: dialect, scanner: context.scanner)
            return facts?.edits(publicModel: publicModel, body: span).apply(to: span) ?? stored
        case .stream:
            var rewriter = EventStreamRewriter(
                dialect: dialect,
                publicModel: publicModel,
                hidesUsage: false,
                scanner: context.scanner,
                heldBytesMax: stored.count
            )
            var pieces: [StreamPiece] = []
            rewriter.feed(span, into: &pieces)
            _ = rewriter.finish(isClean: true, into: &pieces)
            var body: [UInt8] = []
            body.reserveCapacity(stored.count)
            for piece in pieces {
                switch piece {
                case .input(let range): body.append(contentsOf: span.extracting(range))
                case .bytes(let bytes): body += bytes
                }
            }
            return body
        }
    }
}
