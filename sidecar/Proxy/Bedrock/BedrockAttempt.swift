internal import AWS
internal import Bedrock
internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI
internal import Providers
internal import Routing
internal import Upstream

/// One try at a deployment on Bedrock: what `Attempt` does for upstreams that speak OpenAI's form,
/// with a translation on both ways.
final class BedrockAttempt {
    let context: WorkerContext
    let request: ProxyRequest
    let deployment: ResolvedDeployment
    let settings: BedrockSettings
    let model: String
    private let input: RequestInput
    private let overrides: MemberTexts
    private let caller: BedrockCaller

    init(
        context: WorkerContext,
        request: ProxyRequest,
        input: RequestInput,
        deployment: ResolvedDeployment,
        settings: BedrockSettings,
        model: String,
        address: SocketAddress?,
        overrides: MemberTexts
    ) {
        self.context = context
        self.request = request
        self.input = input
        self.deployment = deployment
        self.settings = settings
        self.model = model
        self.overrides = overrides
        caller = BedrockCaller(
            context: context,
            request: request,
            deployment: deployment,
            settings: settings,
            model: model,
            address: address
        )
    }

    /// - Returns: nil when the client has its answer.
    func run() async throws(RequestFailure) -> FailedAnswer? {
        if let error = OpenAIError.refusedOnBedrock(request.endpoint) {
            return FailedAnswer(.notImplemented, error)
        }
        defer { request.endWatch() }
        if let failed = try await fetchMedia() { return failed }
        switch translated() {
        case .refused(let failed): return failed
        case .granted(.embeddings(let calls)):
            return try await BedrockEmbeddings(attempt: self, caller: caller).run(calls)
        case .granted(.converse(let converse, let includesUsage)):
            return try await run(converse, includesUsage: includesUsage)
        }
    }

    // MARK: - Translation

    /// Gets what the messages name by URL, where the table allows that.
    private func fetchMedia() async throws(RequestFailure) -> FailedAnswer? {
        guard request.endpoint == .chatCompletions, input.media == nil,
            !request.snapshot.mediaHosts.isEmpty
        else { return nil }
        let body = input.body
        guard let parsed = try? JSONValue(parsing: body.span) else { return nil }
        let mentions = RemoteMedia.mentions(in: parsed)
        if mentions.urls.isEmpty { return nil }
        let fetcher = MediaFetcher(context: context, request: request)
        if let failed = try await fetcher.fetch(mentions) { return failed }
        input.media = fetcher
        return nil
    }

    private enum Translated {
        case converse(ConverseRequest, includesUsage: Bool)
        case embeddings(EmbeddingsRequest)
    }

    /// The request as Bedrock takes it. What the table and the request's controls change is changed
    /// first, as for any other upstream.
    private func translated() -> Grant<Translated> {
        let plan = RequestRewrite(
            request: request,
            deployment: deployment,
            upstreamModel: model,
            overrides: overrides
        ).plan(input.content, input.body)
        let sent = input.body
        let bytes = plan.edits.apply(to: sent.span)
        let options = deployment.converseOptions(
            settings,
            model: model,
            controls: request.controls
        )
        do throws(OpenAIError) {
            var body = try BedrockAttempt.parse(bytes)
            if let media = input.media {
                body = RemoteMedia.replacing(body, with: media.contents)
            }
            switch request.endpoint {
            case .embeddings: return .granted(.embeddings(try EmbeddingsRequest(body, options)))
            case .completions:
                return granted(try ConverseRequest(completion: body, options), plan)
            default: return granted(try ConverseRequest(chat: body, options), plan)
            }
        } catch {
            return .refused(FailedAnswer(.badRequest, error))
        }
    }

    private func granted(_ converse: ConverseRequest, _ plan: RewritePlan) -> Grant<Translated> {
        for name in converse.ignoredMembers {
            context.tellOnce(
                "a member of requests means nothing to Bedrock and is left out",
                name,
                deployment: deployment
            )
        }
        let isWanted = converse.includesUsage && !plan.restoration.hidesUsage
        return .granted(
            .converse(
                converse,
                includesUsage: isWanted || request.snapshot.alwaysIncludesUsage
            )
        )
    }

    private static func parse(_ bytes: [UInt8]) throws(OpenAIError) -> JSONValue {
        do {
            return try JSONValue(parsing: unsafe bytes.span.bytes)
        } catch {
            throw OpenAIError(
                status: 400,
                message: "The request's body cannot be translated: \(error)",
                errorClass: .badRequest
            )
        }
    }

    // MARK: - Converse

    private func run(
        _ converse: ConverseRequest,
        includesUsage: Bool
    ) async throws(RequestFailure) -> FailedAnswer? {
        let exchange: any UpstreamExchange
        switch try await caller.call(
            converse.isStream ? .converseStream : .converse,
            converse.body
        ) {
        case .refused(let failed): return failed
        case .granted(let answered): exchange = answered
        }
        let answer = AnswerContext(
            id: request.providerRequestID ?? request.callID,
            created: context.wallSeconds,
            model: request.model ?? "",
            form: request.endpoint == .completions ? .text : .chat,
            toolNames: converse.toolNames,
            jsonTool: converse.answerTool,
            includesUsage: includesUsage
        )
        if converse.isStream {
            return try await BedrockStream(
                context: context,
                request: request,
                exchange: exchange,
                answer: answer
            ).run()
        }
        return try await relayWhole(exchange, answer)
    }

    private func relayWhole(
        _ exchange: any UpstreamExchange,
        _ answer: AnswerContext
    ) async throws(RequestFailure) -> FailedAnswer? {
        let held: HeldBody
        switch try await caller.readWhole(exchange) {
        case .refused(let failed): return failed
        case .granted(let body): held = body
        }
        request.upstreamEndedAt = .now()
        let buffer = held.buffer
        let converse: ConverseAnswer
        do throws(BedrockFailure) {
            converse = try ConverseAnswer(buffer.span, context: answer, scanner: context.scanner)
        } catch {
            return FailedAnswer(error, request)
        }
        request.usage = converse.usage
        context.shared.note(unknownStopReason: converse.unknownStopReason, model: model)
        try await send(converse.body, isKnownEnd: converse.unknownStopReason == nil)
        return nil
    }

    /// Sends a whole answer of our own making.
    /// - Parameter isKnownEnd: whether it is known why the model stopped: else nobody else gets it.
    func send(_ body: [UInt8], isKnownEnd: Bool = true) async throws(RequestFailure) {
        let connection = request.connection
        connection.releaseBody()
        request.status = 200
        if isKnownEnd {
            request.caching?.store(
                body,
                count: body.count,
                isComplete: AnswerCompleteness.isComplete(
                    body.rawSpan,
                    request.endpoint,
                    scanner: context.scanner
                ),
                type: nil,
                request
            )
        }
        let writer = connection.beginResponse(status: 200)
        writer.line(context.date.currentLine())
        writer.field("content-type", "application/json")
        let head = AnswerHead(request: request)
        head.writeOwn(to: writer)
        head.writeDurations(to: writer)
        do {
            try await connection.send(contentLength: body.count) { $0.append(keeping: body) }
        } catch {
            throw .connection(error)
        }
    }
}
