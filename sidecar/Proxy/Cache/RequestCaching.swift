internal import HTTP
internal import JSON
internal import OpenAI
internal import POSIX
internal import Providers
internal import ResponseCache
internal import Telemetry

/// What one request has to do with the response cache: what it looks for, and what becomes of its
/// answer. There is none where the cache is off.
final class RequestCaching {
    let settings: CacheSettings
    let controls: CacheControls
    /// Nil for a request that is neither looked up nor stored.
    let key: CacheKey?
    /// The key in hexadecimal digits.
    private(set) lazy var name = key?.hex ?? ""
    var result = CacheResult.bypass
    /// What an upstream once counted for the answer that was given.
    var tokensServed = 0
    /// The call upstream that others wait for.
    var flight: Flight?
    /// Nil where there is none.
    let level: SharedLevel?
    private let shared: SharedCaching
    private let shard: MetricsShard
    private let pool: BodyBudget
    /// The name of the model that belongs into the answer, as a JSON string; empty where that is
    /// the upstream's.
    let publicModel: [UInt8]
    /// The stream so far, as its client got it.
    private var stream: [UInt8] = []
    /// Of the process' bodies; nil while there is nothing to hold.
    private var budget: HeldBudget?
    /// Whether the answer at hand can still be stored.
    private var isStorable: Bool

    init(
        _ request: ProxyRequest,
        _ input: RequestInput,
        _ settings: CacheSettings,
        _ context: WorkerContext,
        _ level: SharedLevel?
    ) {
        self.settings = settings
        self.level = level
        controls = request.controls?.cache ?? CacheControls()
        shared = context.shared.caching
        shard = context.telemetry.shard
        pool = context.io.budget
        publicModel = Self.publicModel(request, input)
        key = Self.key(request, input, settings, controls, epoch: shared.epoch)
        isStorable = key != nil && !controls.refusesStoring
    }

    private static func key(
        _ request: ProxyRequest,
        _ input: RequestInput,
        _ settings: CacheSettings,
        _ controls: CacheControls,
        epoch: UInt64
    ) -> CacheKey? {
        guard case .json(let facts) = input.content, !facts.hasCredentials,
            settings.endpoints.contains(request.endpoint),
            input.body.count <= settings.requestBytes,
            controls.isWanted || !settings.mustBeAsked,
            !(controls.refusesStored && controls.refusesStoring)
        else { return nil }
        return CacheIdentity(
            request: request,
            facts: facts,
            input: input,
            settings: settings,
            epoch: epoch
        ).key()
    }

    private static func publicModel(_ request: ProxyRequest, _ input: RequestInput) -> [UInt8] {
        guard request.match.model == nil, case .json(let facts) = input.content,
            let place = facts.modelValue
        else { return [] }
        let body = input.body
        return body.span.array(place)
    }

    /// Whether it may wait for another request's answer, and others for its own.
    var isShareable: Bool {
        !controls.refusesStored && !controls.refusesStoring && controls.ageMaxSeconds == nil
    }

    /// Now, in milliseconds since 1970.
    static var nowMS: UInt64 { Clock.wallNS() / 1_000_000 }

    // MARK: - Storing

    /// Whether the attempt at hand may bring an answer to keep.
    private func isStorable(_ request: ProxyRequest) -> Bool {
        isStorable && request.fallbacks == 0 && request.deployment?.mockResponse == nil
    }

    /// Keeps a whole answer, if it is one to keep.
    /// - Parameter isComplete: whether it is good and whole, as `AnswerCompleteness` says.
    func store(
        _ body: @autoclosure () -> [UInt8],
        count: Int,
        isComplete: @autoclosure () -> Bool,
        type: @autoclosure () -> String?,
        _ request: ProxyRequest
    ) {
        guard isStorable(request) else { return }
        guard count <= settings.entryBytes else { return refuse(.tooLarge) }
        guard isComplete() else { return refuse(.incomplete) }
        store(.whole, body(), type: type() ?? "application/json", request)
    }

    /// Takes the next pieces of a stream.
    func take(_ pieces: [StreamPiece], of input: RawSpan, _ request: ProxyRequest) {
        for piece in pieces {
            switch piece {
            case .input(let range):
                if reserve(range.count, request) {
                    stream.append(contentsOf: input.extracting(range))
                }
            case .bytes(let bytes): take(bytes, request)
            }
        }
    }

    /// Takes the next bytes of a stream.
    func take(_ bytes: [UInt8], _ request: ProxyRequest) {
        if reserve(bytes.count, request) { stream += bytes }
    }

    private func reserve(_ count: Int, _ request: ProxyRequest) -> Bool {
        guard isStorable(request) else { return false }
        guard stream.count + count <= settings.entryBytes else {
            refuse(.tooLarge)
            return false
        }
        let budget = self.budget ?? HeldBudget(pool)
        self.budget = budget
        guard budget.take(count) else {
            refuse(.noRoom)
            return false
        }
        return true
    }

    /// Keeps the stream that has passed, if it is one to keep.
    /// - Parameter isComplete: whether it came to its end, and said so.
    func storeStream(isComplete: Bool, type: String?, _ request: ProxyRequest) {
        guard isStorable(request) else { return }
        guard isComplete else { return refuse(.incomplete) }
        let body = stream
        stream = []
        store(.stream, body, type: type ?? "text/event-stream", request)
        budget = nil
    }

    /// The same for a stream that was put together here: what has passed says whether it is one to
    /// keep.
    func storeTranslated(isComplete: Bool, _ request: ProxyRequest, _ context: WorkerContext) {
        guard isStorable(request) else { return }
        var rewriter = EventStreamRewriter(
            dialect: .chat,
            publicModel: nil,
            hidesUsage: false,
            scanner: context.scanner
        )
        var pieces: [StreamPiece] = []
        let events = stream
        rewriter.feed(events.rawSpan, into: &pieces)
        let end = rewriter.finish(isClean: isComplete, into: &pieces)
        storeStream(
            isComplete: isComplete && end == .complete && rewriter.state.isWorthKeeping,
            type: "text/event-stream; charset=utf-8",
            request
        )
    }

    private func store(
        _ kind: CachedAnswer.Kind,
        _ body: [UInt8],
        type: String,
        _ request: ProxyRequest
    ) {
        guard let key else { return }
        let now = Self.nowMS
        let ownTTLMS = controls.ttlSeconds.map { UInt64($0) * 1_000 }
        let answer = CachedAnswer(
            kind: kind,
            contentType: type,
            publicModel: publicModel,
            tokens: request.usage?.total ?? 0,
            createdMS: now,
            expiresMS: now + (ownTTLMS ?? settings.memoryTTLMS),
            body: body
        )
        isStorable = false
        shared.answers.store(answer, under: key)
        level?.store(answer, under: key, name, ttlMS: ownTTLMS)
        land(.answer(answer))
    }

    /// Takes over what the shared level has; who waits has it, too.
    func adopt(_ answer: CachedAnswer, under key: CacheKey) {
        let end = min(answer.expiresMS, Self.nowMS + settings.memoryTTLMS)
        shared.answers.keep(answer.expiring(at: end), under: key)
        land(.answer(answer))
    }

    private func refuse(_ reason: CacheRefusal) {
        isStorable = false
        stream = []
        budget = nil
        shard.countNotStored(reason)
        // Their answers would be no other.
        land(.notKept)
    }

    // MARK: - The end

    /// The request is over. Who waits for its answer, and has none yet, is told.
    /// - Parameter failure: nil when the client has an answer, or part of one.
    func end(_ request: ProxyRequest, _ failure: RequestFailure?) {
        guard flight != nil else { return }
        if case .connection = failure { return land(.abandoned) }
        if request.isClientGone || request.isCutByDrain { return land(.abandoned) }
        let isGood = failure == nil && request.status == 200 && request.errorClass == nil
        land(isGood ? .notKept : .failed)
    }

    private func land(_ landing: Landing) {
        guard let flight else { return }
        self.flight = nil
        shared.land(flight, landing)
    }
}
