internal import EventLoop

/// One server: its connection, made again whenever it ends, and the breaker before it.
final class RedisNode {
    let endpoint: RedisEndpoint
    let context: RedisContext
    /// Whether a replica will do, for it is only asked for the map of a cluster.
    private let allowsReplica: () -> Bool
    private(set) var state: RedisState = .connecting
    private(set) var facts = ServerFacts()
    /// Called when `state` has changed, and when a connection was greeted.
    var onChange: (RedisNode) -> Void = { _ in }

    private var connection: RedisConnection?
    /// What waits for the first connection.
    private var queue: [(command: RedisCommand, pending: PendingCommand)] = []
    private var queuedBytes = 0
    private var breaker: CircuitBreaker
    private var backoff = Backoff()
    private var random = SystemRandomNumberGenerator()
    private let rest: Waiter
    private var watch: DeadlineTimer?
    private var probe: (pending: PendingCommand, sentAt: Instant)?
    private var isClosed = false
    private var isRetired = false
    /// Whether it is down since it does not answer.
    private var isSilent = false
    /// When the connection, or the last one, was ready.
    private var adoptedAt = Instant(nanoseconds: 0)

    init(_ endpoint: RedisEndpoint, _ context: RedisContext, allowsReplica: @escaping () -> Bool) {
        self.endpoint = endpoint
        self.context = context
        self.allowsReplica = allowsReplica
        breaker = CircuitBreaker(now: context.loop.now)
        rest = Waiter(loop: context.loop)
        watch = DeadlineTimer(loop: context.loop) { [unowned self] in look() }
    }

    deinit {
        watch?.invalidate()
    }

    // MARK: - Commands

    var isDown: Bool {
        if case .down = state { true } else { false }
    }

    /// Why it is down.
    var reason: String {
        if case .down(let reason) = state { reason } else { "" }
    }

    /// Hands a command over, to leave at the end of this turn or when the connection stands.
    /// - Parameters:
    ///   - isAsking: whether a slot is on its way to this server, which must be told.
    ///   - isPatient: whether it may leave a moment later, with others.
    /// - Throws: `.down` or `.tooManyPending`; then nothing is sent.
    func submit(
        _ command: RedisCommand,
        _ pending: PendingCommand,
        isAsking: Bool = false,
        isPatient: Bool = false
    ) throws(RedisError) {
        if isAsking { try submit(RedisCommand("ASKING"), PendingCommand(onOutcome: nil)) }
        pending.handedOverAt = context.loop.now
        switch state {
        case .down(let reason), .partly(let reason): throw .down(reason)
        case .up:
            guard let connection else { fallthrough }
            try connection.send(command, pending, isPatient: isPatient)
        case .connecting:
            let limits = context.settings.limits
            guard queue.count < limits.pendingMax,
                queuedBytes + command.byteCount <= limits.outputBytesMax
            else { throw .tooManyPending }
            queue.append((command, pending))
            queuedBytes += command.byteCount
        }
        context.counter.sent.add()
    }

    /// Has all leave at the end of this turn that waits for others to leave with.
    func endPatience() {
        connection?.endPatience()
    }

    /// Waits for the answer to a command that was handed over.
    func answer(_ pending: PendingCommand, until deadline: Instant) async throws(RedisError)
        -> RedisReply
    {
        if await pending.waiter?.wait(until: deadline) == .timedOut {
            // The answer may be here, and only this process too busy to have read it.
            connection?.receive()
        }
        guard let outcome = pending.outcome else {
            pending.abandon()
            pending.isLate = true
            context.counter.timedOut.add()
            timedOut(pending)
            throw .timeout
        }
        context.recycle(pending)
        switch outcome {
        case .success(let reply):
            breaker.recordAnswer()
            return reply
        case .failure(.server(let error)):
            breaker.recordAnswer()
            judge(error)
            throw .server(error)
        case .failure(let error):
            throw error
        }
    }

    /// Answers that say of the server itself that it cannot be used now.
    func judge(_ error: ServerError) {
        if let trouble = Greeting.trouble(error) { connection?.fail(.down(trouble)) }
    }

    // MARK: - The breaker

    /// Counts against the server only when it has been silent for as long as it may be: a caller
    /// may have had less time than that.
    private func timedOut(_ pending: PendingCommand) {
        let now = context.loop.now
        let since = connection?.awaitsSince ?? pending.handedOverAt
        guard now.since(since) >= context.settings.commandMS * 1_000_000,
            breaker.recordTimeout(now)
        else { return }
        open("no answer within \(context.settings.commandMS) ms, several times in a row")
    }

    /// Whoever waits behind what is not answered would only lose time.
    private func open(_ reason: String) {
        context.counter.opened.add()
        becomeDown(reason, isAnswered: false)
        connection?.giveUpWaiting(.timeout)
        failQueue(.timeout)
        look()
    }

    /// Sends the next probe if it is time, and ends a connection that nothing comes from.
    private func look() {
        guard !isClosed else { return }
        if isRetired, !(connection?.isAwaiting ?? false) { return close() }
        guard let connection, connection.isOpen else { return }
        let now = context.loop.now
        let silentNS = now.since(connection.heardAt)
        if let probe, now.since(max(probe.sentAt, connection.heardAt)) >= RedisNode.stallNS {
            connection.fail(.closed("no answer within \(RedisNode.stallMS) ms"))
            return
        }
        let isIdle = silentNS >= RedisNode.keepAliveMS * 1_000_000
        if probe == nil, breaker.isOpen || isIdle || isRetired { sendProbe(connection, now) }
        let isPressing = breaker.isOpen || probe != nil
        let wait = isPressing ? CircuitBreaker.holdMS : RedisNode.keepAliveMS
        watch?.set(now.advanced(milliseconds: wait))
    }

    private func sendProbe(_ connection: RedisConnection, _ now: Instant) {
        let pending = PendingCommand(onOutcome: { [weak self] in self?.probed($0) })
        probe = (pending, now)
        do {
            try connection.send(RedisCommand("PING"), pending)
        } catch {
            probe = nil
        }
    }

    private func probed(_ outcome: PendingCommand.Outcome) {
        guard let probe else { return }
        self.probe = nil
        switch outcome {
        case .success: break
        // Not allowed to ask, but answered.
        case .failure(.server(let error)) where error.code == "NOPERM": break
        case .failure: return
        }
        let now = context.loop.now
        let isInTime = now.since(probe.sentAt) <= context.settings.commandMS * 1_000_000
        if isInTime, breaker.recordProbe(now) { become(.up) }
        if breaker.isOpen {
            // Late, or too early to be believed: the next one tells.
            let hold = breaker.heldUntil ?? now
            watch?.set(isInTime ? max(hold, now) : now)
        }
    }

    // MARK: - The connection's life

    /// Begins to connect, and stays connected until `close`.
    func start() {
        context.begin { [self] in await run() }
    }

    /// Ends the connection and everyone's wait.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        become(.down("the client is closed"))
        // What was to leave a moment later leaves now or never.
        connection?.flush()
        connection?.fail(.closed("the client is closed"))
        failQueue(.closed("the client is closed"))
        watch?.invalidate()
        rest.cancel()
        attempt?.cancel()
    }

    /// Ends it when what it was asked is answered, or does not seem to be.
    func retire() {
        isRetired = true
        onChange = { _ in }
        look()
    }

    /// What the connecting task waits with; to end it early.
    private var attempt: ConnectionAttempt?
    /// Whether the last connection ended by what the server has said.
    private var isEndAnswered = false

    private func run() async {
        while !isClosed {
            let end = await session()
            connection = nil
            probe = nil
            guard !isClosed else { return }
            let livedNS = state.isUp ? context.loop.now.since(adoptedAt) : 0
            if livedNS >= RedisNode.stallNS, case .closed = end {
                // It was well until now: commands may wait for one quick attempt.
                backoff.reset()
                become(.connecting)
                continue
            }
            let reason = RedisNode.reason(end)
            becomeDown(reason, isAnswered: isEndAnswered)
            failQueue(.down(reason))
            let wait = backoff.next(using: &random)
            rest.reset()
            _ = await rest.wait(until: context.loop.now.advanced(milliseconds: wait))
        }
    }

    /// One connection, from its first packet to its end.
    /// - Returns: why it ended.
    private func session() async -> RedisError {
        let attempt = ConnectionAttempt(endpoint, context, allowsReplica: allowsReplica())
        self.attempt = attempt
        isEndAnswered = false
        do throws(RedisError) {
            let (connection, facts) = try await attempt.run()
            self.attempt = nil
            guard !isClosed else { return .closed("the client is closed") }
            adopt(connection, facts)
            try await connection.run(until: nil, while: { true })
            return .closed("it ended")
        } catch {
            self.attempt = nil
            isEndAnswered = attempt.isAnswered
            if connection != nil, case .down = error { isEndAnswered = true }
            connection?.fail(error)
            return error
        }
    }

    private static func reason(_ end: RedisError) -> String {
        switch end {
        case .down(let reason), .closed(let reason): reason
        default: "\(end)"
        }
    }

    private func adopt(_ connection: RedisConnection, _ facts: ServerFacts) {
        self.connection = connection
        self.facts = facts
        adoptedAt = context.loop.now
        context.counter.connected.add()
        breaker.close(context.loop.now)
        let waiting = queue
        queue = []
        queuedBytes = 0
        for (command, pending) in waiting where !pending.isAbandoned && pending.outcome == nil {
            do {
                try connection.send(command, pending)
            } catch {
                pending.finish(.failure(error))
            }
        }
        become(.up)
        watch?.set(context.loop.now.advanced(milliseconds: RedisNode.keepAliveMS))
    }

    private func failQueue(_ error: RedisError) {
        let waiting = queue
        queue = []
        queuedBytes = 0
        for (_, pending) in waiting { pending.finish(.failure(error)) }
    }

    /// A server that does not answer is told of once, in the words of the first moment: whether its
    /// connection was reset, or a new one refused, or nothing comes at all, is all the same.
    /// - Parameter isAnswered: whether it is what the server has said.
    private func becomeDown(_ reason: String, isAnswered: Bool) {
        if isDown, isSilent, !isAnswered { return }
        isSilent = !isAnswered
        become(.down(reason))
    }

    private func become(_ new: RedisState) {
        guard new != state else { return }
        state = new
        onChange(self)
    }

    /// A connection that owes answers and from which nothing comes for this long is given up, in
    /// milliseconds; so is the hope that the next attempt after it succeeds at once.
    static let stallMS: UInt64 = 1_000
    private static let stallNS = stallMS * 1_000_000
    /// A connection that was silent for this long is asked whether it is there, in milliseconds.
    static let keepAliveMS: UInt64 = 5_000
}
