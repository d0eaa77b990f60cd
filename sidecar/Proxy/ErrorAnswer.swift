internal import EventLoop
internal import HTTP
internal import OpenAI

/// The only place where a failure becomes a status and a body.
struct ErrorAnswer {
    let context: WorkerContext

    func send(_ failure: RequestFailure, to request: ProxyRequest) async {
        switch failure {
        case .answer(let error): await send(error, to: request)
        case .connection(.problem(let problem)): await send(ErrorAnswer.error(problem), to: request)
        case .connection(.timedOut): await send(.requestTimeout, to: request)
        case .connection(.overloaded): await send(.memoryExhausted, to: request)
        case .connection(.gone): leave(request)
        }
    }

    /// Answers a connection whose request could not even be read.
    func send(_ failure: ServerConnectionError, to connection: ServerConnection) async {
        let error: OpenAIError
        switch failure {
        case .problem(let problem): error = ErrorAnswer.error(problem)
        case .timedOut: error = .requestTimeout
        case .overloaded: error = .memoryExhausted
        case .gone: return
        }
        connection.staysOpen = false
        guard !connection.hasBegun else { return connection.abort() }
        let writer = connection.beginResponse(status: error.status)
        writeFields(error, to: writer)
        try? await sendBody(error.body(.openAI), on: connection)
    }

    private func send(_ error: OpenAIError, to request: ProxyRequest) async {
        request.errorClass = error.errorClass.rawValue
        let connection = request.connection
        guard !connection.hasBegun else {
            // Part of an answer is out, with its status: only a break tells the client that it is
            // not whole.
            connection.abort()
            return
        }
        request.status = error.status
        // What of the request is still on its way is not worth reading.
        if error.status == 413 { connection.staysOpen = false }
        let writer = connection.beginResponse(status: error.status)
        writeFields(error, to: writer)
        AnswerHead(request: request).writeOwn(to: writer)
        if error.status == 408, request.deployment != nil {
            writer.field("x-litellm-timeout", "\(Double(request.timing.headMS) / 1000)")
        }
        if request.attempts > 1 { writer.field("x-should-retry", "false") }
        do {
            try await sendBody(error.body(request.endpoint.errorDialect), on: connection)
        } catch {
            leave(request)
        }
    }

    private func writeFields(_ error: OpenAIError, to writer: ResponseHeadWriter) {
        writer.line(context.date.currentLine())
        writer.field("content-type", "application/json")
        writer.field("x-sidegate-error-class", error.errorClass.rawValue)
        if let seconds = error.retryAfter { writer.field("retry-after", seconds) }
        if let limit = error.limit {
            writer.field("rate_limit_type", limit.type)
            writer.field("reset_at", limit.resetsAtText)
        }
        if let allow = error.allow { writer.field("allow", allow) }
        if error.status == 401 { writer.field("www-authenticate", "Bearer") }
    }

    private func sendBody(
        _ body: [UInt8],
        on connection: ServerConnection
    ) async throws(ServerConnectionError) {
        try await connection.send(contentLength: body.count) { $0.append(keeping: body) }
    }

    /// The client went first; 499 is nginx's number for that, used in logs only.
    private func leave(_ request: ProxyRequest) {
        request.status = 499
        request.errorClass = "ClientDisconnected"
        request.connection.staysOpen = false
        request.connection.socket.close()
    }

    private static func error(_ problem: HTTPProblem) -> OpenAIError {
        switch problem {
        case .bodyTooLarge(let limit): .bodyTooLarge(bytesMax: limit)
        case .headTooLarge(let limit): .headersTooLarge(bytesMax: limit)
        default:
            OpenAIError(
                status: problem.status,
                type: "invalid_request_error",
                message: problem.description,
                errorClass: .badRequest
            )
        }
    }
}
