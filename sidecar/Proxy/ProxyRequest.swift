internal import EventLoop
internal import HTTP
internal import OpenAI
internal import ProviderData
internal import Providers
internal import RateLimits
internal import Routing
internal import Telemetry
internal import Upstream

/// One request on its way through the phases, and what is known of it so far.
final class ProxyRequest {
    let connection: ServerConnection
    let table: WorkerTable
    let match: EndpointMatch
    let callID: String
    let startedAt: Instant
    let clientAddress: String
    let bytesInBefore: Int
    let bytesOutBefore: Int
    var caller = Caller.anonymous {
        didSet { if case .key = caller { needsLimits = true } }
    }
    /// The name that the client gave.
    var model: String?
    /// Whether something serves it.
    var isModelKnown = false
    var isStream = false
    /// Which deployment answered, or was tried last.
    var deployment: ResolvedDeployment?
    var upstreamModel: String?
    /// What AWS calls the call at hand, for its support.
    var providerRequestID: String?
    /// Of the endpoint at hand, where its deployment has several.
    var endpointLabel = ""
    /// What the client asks of the gateway; nil when that is nothing.
    var controls: RequestControls?
    /// What that means for the request's routing.
    var wishes = RequestWishes()
    var timing = Timing.standard
    /// Until when there must be an answer, or a stream's first byte: over all attempts.
    private(set) var deadline = Instant(nanoseconds: .max)
    var attempts = 0
    var retries = 0
    /// Groups beyond the first that were tried.
    var fallbacks = 0
    /// The name that led to the group at hand, when that was a fallback.
    var fallbackName: String?
    /// What it has to do with the response cache; nil where that is off.
    var caching: RequestCaching?
    /// One of the process' own places.
    var globalPlace: GlobalPlace?
    /// Whether its caller's limits are still to be taken.
    var needsLimits = false
    /// What Redis was asked of limits before it was known whether that is needed; nil once it is
    /// used, and what it took given back where it is not.
    var askedAhead: AskedAhead?
    /// What was taken of them.
    var limitTicket: LimitTicket?
    /// What was taken of its key's limits at models that it was led to.
    var fallbackTickets: [LimitTicket] = []
    /// What was taken of the limits of the deployment at hand.
    var deploymentTicket: LimitTicket?
    /// What it may take of token limits; nil until that matters.
    var tokenEstimate: TokenEstimate?
    /// Nanoseconds that were spent in queues.
    var queuedNS: UInt64 = 0
    /// How a stream broke that the client has part of.
    var streamFailure: FailureKind?
    var status = 0
    var errorClass: String?
    var failures: [FailedAttempt] = []
    var usage: TokenUsage?
    /// When the upstream was first asked, when its head came, when the first content passed.
    var sentAt: Instant?
    /// When the attempt at hand began.
    private(set) var attemptAt: Instant
    var answeredAt: Instant?
    var firstContentAt: Instant?
    var upstreamEndedAt: Instant?
    /// What the client's leaving, or the sidecar's end, has to cut.
    private var exchange: (any UpstreamExchange)?
    /// What it waits for between attempts.
    private var waiter: Waiter?
    var isClientGone = false
    /// The drain's grace period is over.
    var isCutByDrain = false

    var snapshot: TableSnapshot { table.snapshot }
    var endpoint: Endpoint { match.endpoint }
    var head: RequestHead { connection.head }

    init(
        connection: ServerConnection,
        table: WorkerTable,
        match: EndpointMatch,
        callID: String,
        startedAt: Instant,
        clientAddress: String
    ) {
        self.connection = connection
        self.table = table
        self.match = match
        self.callID = callID
        self.startedAt = startedAt
        attemptAt = startedAt
        self.clientAddress = clientAddress
        // The head of this request is counted already.
        bytesInBefore = connection.bytesIn - connection.head.fields.buffer.count
        bytesOutBefore = connection.bytesOut
    }

    /// How the deployment shows in metrics and logs.
    var labels: DeploymentLabels? {
        deployment.map { table.face(of: $0, model: upstreamModel).labels }
    }

    /// Nanoseconds that the upstream took so far, or took.
    var upstreamNS: UInt64? {
        guard let sentAt, deployment?.mockResponse == nil else { return nil }
        return (upstreamEndedAt ?? .now()).since(sentAt)
    }

    /// Nanoseconds since the request's head was complete.
    var elapsedNS: UInt64 { Instant.now().since(startedAt) }

    /// What of that was the gateway's own.
    var overheadNS: UInt64? {
        guard let upstreamNS else { return nil }
        let elapsed = elapsedNS
        return elapsed > upstreamNS ? elapsed - upstreamNS : 0
    }

    // MARK: - Attempts

    /// A deployment is about to be asked.
    func begin(_ deployment: ResolvedDeployment, model: String) {
        self.deployment = deployment
        upstreamModel = model
        providerRequestID = nil
        timing = Timing(request: self, deployment: deployment)
        let now = Instant.now()
        attemptAt = now
        sentAt = sentAt ?? now
        answeredAt = nil
        upstreamEndedAt = nil
        usage = nil
        extendDeadline()
    }

    /// What an attempt came to, as far as its endpoint is concerned; failures are noted.
    /// - Parameter failed: nil when the client has its answer.
    func outcome(_ failed: FailedAnswer?) -> AttemptOutcome {
        if let failed {
            // This process' own trouble: nothing went there.
            if failed.endsGroup { return .unused }
            note(failed.failure.status, failed.errorClass.rawValue)
            return .failure(failed.failure)
        }
        if let kind = streamFailure {
            note(kind == .timeout ? 408 : 500, errorClass ?? "")
            return .failure(AttemptFailure(kind, status: kind == .timeout ? 408 : 500))
        }
        guard deployment?.mockResponse == nil else { return .success(.init()) }
        var measured = AttemptOutcome.Measured()
        let end = upstreamEndedAt ?? .now()
        measured.isStream = isStream && firstContentAt != nil
        measured.seconds = Double(end.since(attemptAt)) / 1e9
        measured.firstTokenSeconds = firstContentAt.map { Double($0.since(attemptAt)) / 1e9 }
        measured.completionTokens = Int64(usage?.completion ?? 0)
        measured.totalTokens = Int64(usage?.total ?? 0)
        return .success(measured)
    }

    private func note(_ status: Int, _ errorClass: String) {
        guard let labels, !isCutByDrain else { return }
        failures.append(
            FailedAttempt(
                deployment: labels,
                status: status,
                errorClass: errorClass,
                endpoint: endpointLabel.isEmpty ? nil : endpointLabel
            )
        )
    }

    // MARK: - Fallbacks

    /// Another group is about to be tried.
    func enterFallback(_ name: String) {
        fallbacks += 1
        fallbackName = name
    }

    /// Whether the client's key allows what the client named as a fallback.
    func mayUse(_ stop: FallbackWalk.Stop) -> Bool {
        guard case .key = caller else { return true }
        let groups = table.accessGroups(ofModels: stop.groups.lazy.map(\.model))
        return (try? snapshot.access.authorise(caller, model: stop.name, groups: groups)) != nil
    }

    // MARK: - Tags

    /// The request's tags with those of its key (LiteLLM §5.8).
    var tags: [String] { wishes.tags + snapshot.access.tags(caller) }

    // MARK: - Time

    /// For a request whose time nobody has set, in milliseconds.
    private static let deadlineMS = 600_000

    /// Sets the deadline of the whole request (`docs/routing.md`, Time).
    func setDeadline() {
        let limit = wishes.timeoutMS ?? snapshot.requestTimeoutMS ?? Self.deadlineMS
        deadline = startedAt.advanced(milliseconds: UInt64(limit))
    }

    /// Whether there is no time for another attempt.
    var isOutOfTime: Bool { Instant.now() >= deadline }

    /// The answer to a request whose time is over before an attempt could be made.
    var deadlineError: OpenAIError {
        .deadlinePassed(
            limit: Double(deadline.since(startedAt)) / 1e9,
            taken: Double(elapsedNS) / 1e9
        )
    }

    /// One attempt always has its own time, where nobody has set one for the whole.
    private func extendDeadline() {
        guard wishes.timeoutMS == nil, snapshot.requestTimeoutMS == nil else { return }
        let own = isStream ? timing.headMS : timing.totalMS
        deadline = max(deadline, startedAt.advanced(milliseconds: own))
    }

    /// Until when the attempt's answer, or a stream's first byte, must have come.
    func headDeadline(_ now: Instant) -> Instant {
        min(deadline, attemptAt.advanced(milliseconds: timing.headMS))
    }

    /// Until when the next bytes of a stream must have come.
    func idleDeadline(_ now: Instant) -> Instant { now.advanced(milliseconds: timing.idleMS) }

    /// Until when the next bytes of a body must have come.
    func bodyDeadline(_ now: Instant) -> Instant {
        guard isStream else {
            return min(deadline, attemptAt.advanced(milliseconds: timing.totalMS))
        }
        // Until the client has a byte, as with an error's body, the whole request's time runs.
        return connection.hasBegun ? idleDeadline(now) : headDeadline(now)
    }

    // MARK: - The client's leaving

    /// Puts an exchange under the client's eye: when the client leaves, it is cut at once.
    func watch(_ exchange: any UpstreamExchange) {
        self.exchange = exchange
        watchPeer()
    }

    /// Puts a wait under the client's eye.
    func watch(_ waiter: Waiter) {
        self.waiter = waiter
        watchPeer()
    }

    private func watchPeer() {
        if connection.socket.peerHasClosed { return leave() }
        // Strongly: whoever watches ends it, and a weak reference would make each use of the
        // request cost more.
        connection.socket.onPeerClosed = { [self] in leave() }
    }

    private func leave() {
        isClientGone = true
        exchange?.cancel()
        waiter?.cancel()
    }

    func endWatch() {
        connection.socket.onPeerClosed = nil
        exchange = nil
        waiter = nil
    }

    /// Ends the exchange or the wait because the sidecar ends.
    func cut() {
        isCutByDrain = true
        exchange?.cancel()
        waiter?.cancel()
    }

    /// - Throws: when nobody wants the answer any more.
    func checkIsWanted() throws(RequestFailure) {
        if isCutByDrain { throw .answer(.draining) }
        if isClientGone { throw .connection(.gone) }
    }

    /// - Throws: when the client has left while nobody watched.
    func checkIsPresent() throws(RequestFailure) {
        if connection.socket.peerHasClosed { isClientGone = true }
        try checkIsWanted()
    }

    /// Waits before another attempt.
    func pause(milliseconds: UInt64, _ context: WorkerContext) async throws(RequestFailure) {
        let waiter = Waiter(loop: context.loop)
        watch(waiter)
        defer { endWatch() }
        _ = await waiter.wait(until: context.loop.now.advanced(milliseconds: milliseconds))
        try checkIsWanted()
    }
}

/// Why a request has no proper answer. Indirect, since every frame of a waiting request has room
/// for one: what fails seldom must not cost memory always.
indirect enum RequestFailure: Error {
    /// This is the answer.
    case answer(OpenAIError)
    /// The client's connection is of no more use.
    case connection(ServerConnectionError)
}
