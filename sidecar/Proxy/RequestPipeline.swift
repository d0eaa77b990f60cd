internal import HTTP
internal import JSON
internal import OpenAI
internal import RouteTable
internal import Routing

/// The life of a request, one call for each phase.
struct RequestPipeline {
    let context: WorkerContext

    /// No model's name is longer; a pattern would let any through, into headers and logs.
    private static let modelBytesMax = 512

    /// Answers one request. Whatever happens, the client gets exactly one answer, or its connection
    /// ends.
    func run(_ request: ProxyRequest) async {
        do throws(RequestFailure) {
            try await serve(request)
            request.caching?.end(request, nil)
        } catch {
            request.caching?.end(request, error)
            await ErrorAnswer(context: context).send(error, to: request)
        }
    }

    private func serve(_ request: ProxyRequest) async throws(RequestFailure) {
        if request.head.method == .options {
            return try await LocalAnswers(context: context).options(request)
        }
        try checkPath(request)
        try authenticate(request)
        guard request.endpoint.isForwarded else {
            return try await LocalAnswers(context: context).answer(request)
        }
        try admit()
        let input = try prepare(request, try await readBody(request))
        if let settings = request.snapshot.cache {
            let level = settings.shared == nil ? nil : context.sharedLevel
            if let level, level.needsEpoch { await level.learnEpoch() }
            let caching = RequestCaching(request, input, settings, context, level)
            request.caching = caching
            let lookup = CacheLookup(
                context: context,
                request: request,
                input: input,
                caching: caching
            )
            if try await lookup.run() { return }
        }
        try await Forwarder(context: context, request: request, input: input).run()
    }

    /// Everything between the request's last byte and its first attempt.
    private func prepare(
        _ request: ProxyRequest,
        _ body: RequestBody
    ) throws(RequestFailure) -> RequestInput {
        let content = try parse(request, body)
        let groups = try resolve(request, content)
        try authorise(request, groups)
        if let controls = request.controls {
            request.wishes = RequestWishes(controls, model: request.model ?? "")
        }
        return RequestInput(content: content, body: body, groups: groups)
    }

    private func checkPath(_ request: ProxyRequest) throws(RequestFailure) {
        do throws(OpenAIError) {
            switch request.endpoint {
            case .unknown: throw .unknownPath
            case .unsupported: throw .unsupportedEndpoint(request.head.pathText)
            default: try request.endpoint.check(method: request.head.method.text)
            }
        } catch {
            throw .answer(error)
        }
    }

    private func authenticate(_ request: ProxyRequest) throws(RequestFailure) {
        guard PublicPaths(snapshot: request.snapshot).needsKey(request.endpoint) else { return }
        let snapshot = request.snapshot
        if snapshot.access.isOpen { return }
        do {
            let key = ClientKey.find(
                in: request.head.fields,
                extraHeader: snapshot.access.keyHeaderName
            )
            request.caller = try context.callers.caller(key, snapshot.access, snapshot.serial)
        } catch {
            throw .answer(error)
        }
    }

    private func admit() throws(RequestFailure) {
        guard context.requestsInFlight <= context.currentTable.snapshot.limits.inFlightRequests
        else { throw .answer(.tooManyRequests) }
    }

    private func readBody(_ request: ProxyRequest) async throws(RequestFailure) -> RequestBody {
        do {
            return try await request.connection.readBody()
        } catch {
            throw .connection(error)
        }
    }

    private func parse(
        _ request: ProxyRequest,
        _ body: RequestBody
    ) throws(RequestFailure) -> RequestContent {
        do throws(OpenAIError) {
            let content: RequestContent
            if request.endpoint.body == .multipart {
                let type = request.head.fields.string("content-type") ?? ""
                content = .form(try MultipartFacts(body.span, contentType: type))
            } else {
                let depth = request.snapshot.limits.jsonDepth
                content = .json(
                    try RequestFacts(body.span, scanner: context.scanner, depthMax: depth)
                )
            }
            request.isStream = content.isStream
            request.controls = try .join(controls(request, content, body), request.head.fields)
            return content
        } catch {
            throw .answer(error)
        }
    }

    /// What the body says of its own routing and rewriting; nil for most, which say nothing.
    private func controls(
        _ request: ProxyRequest,
        _ content: RequestContent,
        _ body: RequestBody
    ) throws(OpenAIError) -> RequestControls? {
        switch content {
        case .json(let facts) where facts.hasControls:
            try RequestControls(
                facts,
                body: body.span,
                keptFields: request.endpoint.keptFields,
                scanner: context.scanner
            )
        case .form(let facts) where facts.hasControls:
            try RequestControls(facts, body: body.span, scanner: context.scanner)
        default: nil
        }
    }

    private func resolve(
        _ request: ProxyRequest,
        _ content: RequestContent
    ) throws(RequestFailure) -> ResolvedGroups {
        let forced = request.snapshot.forcedModels.model(for: request.endpoint)
        let asked = request.match.model.map { Array($0.utf8) } ?? content.model
        guard let name = forced.map({ Array($0.utf8) }) ?? asked, !name.isEmpty else {
            throw .answer(.unknownModel(nil))
        }
        guard name.count <= RequestPipeline.modelBytesMax else {
            let start = String(decoding: name.prefix(64), as: UTF8.self)
            throw .answer(.unknownModel(start + "…"))
        }
        request.model = String(decoding: name, as: UTF8.self)
        let groups = request.snapshot.resolver.resolve(name.span)
        guard !groups.isEmpty else { throw .answer(.unknownModel(request.model)) }
        request.isModelKnown = true
        return groups
    }

    private func authorise(
        _ request: ProxyRequest,
        _ groups: ResolvedGroups
    ) throws(RequestFailure) {
        guard case .key = request.caller, let model = request.model else { return }
        do {
            try request.snapshot.access.authorise(
                request.caller,
                model: model,
                groups: request.table.accessGroups(ofModels: groups.lazy.map(\.model))
            )
        } catch {
            throw .answer(error)
        }
    }
}

/// What there is to forward. One object, so that the frames of a request that waits need not hold
/// its parts each for themselves.
final class RequestInput {
    let content: RequestContent
    let body: RequestBody
    /// The groups of the name that the client gave.
    let groups: ResolvedGroups
    /// What was fetched for it: once, however many attempts there are.
    var media: MediaFetcher?

    init(content: RequestContent, body: RequestBody, groups: ResolvedGroups) {
        self.content = content
        self.body = body
        self.groups = groups
    }
}

/// What a forwarded request's body is, read once.
enum RequestContent {
    case json(RequestFacts)
    case form(MultipartFacts)

    var model: [UInt8]? {
        switch self {
        case .json(let facts): facts.model
        case .form(let facts): facts.model
        }
    }

    var isStream: Bool {
        switch self {
        case .json(let facts): facts.isStream
        case .form(let facts): facts.isStream
        }
    }
}
