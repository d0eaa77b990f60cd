package import EventLoop

/// A client of one Redis, or of one cluster, for one worker.
///
/// It lives on its loop and has no locks: only tasks of that loop may use it. Commands of one turn
/// of the loop leave in one write, and their answers are matched in order. A command never waits
/// longer than its deadline; when Redis is down it fails at once.
package final class RedisClient {
    let context: RedisContext
    private let onEvent: (RedisEvent) -> Void
    let topology: Topology
    private var told: RedisState = .connecting
    private var toldFindings: [RedisEndpoint: Set<RedisFinding>] = [:]
    private var isStarted = false

    /// - Parameters:
    ///   - counter: where what it does is counted; several clients of a loop may share one.
    ///   - resolve: finds the addresses of hosts that are names.
    ///   - onEvent: called on the loop, in the middle of things: it must not call the client.
    package init(
        settings: RedisSettings,
        loop: EventLoop,
        counter: RedisCounter = RedisCounter(),
        resolve: @escaping RedisResolver,
        onEvent: @escaping (RedisEvent) -> Void = { _ in }
    ) {
        context = RedisContext(
            settings: settings,
            loop: loop,
            counter: counter,
            resolve: resolve
        )
        topology = Topology(context)
        self.onEvent = onEvent
        // Until `deinit`, after which nothing is told; a weak reference would make each step of
        // counting the others dearer.
        topology.onChange = { [unowned self] in changed($0) }
    }

    deinit {
        topology.onChange = { _ in }
        topology.close()
    }

    /// Begins to connect. Until the first connection stands or fails, commands wait for it.
    package func start() {
        guard !isStarted, !topology.isClosed else { return }
        isStarted = true
        topology.start()
    }

    /// Ends all connections and everyone's wait; for good.
    package func close() {
        topology.close()
    }

    /// Whether Redis can be used, and if not, why.
    package var state: RedisState { topology.state }

    /// What was done so far, by all who share its counter.
    package var counts: RedisCounts { context.counter.counts }

    /// Whether commands would fail at once.
    package var isDown: Bool {
        if case .down = state { true } else { false }
    }

    // MARK: - Commands

    /// Sends a command and waits for its answer.
    /// - Parameter deadline: nil: `commandMS` from now.
    /// - Throws: `.down` at once, `.timeout` at the deadline, `.server` for an error as answer.
    package func send(
        _ command: RedisCommand,
        until deadline: Instant? = nil
    ) async throws(RedisError) -> RedisReply {
        try await begin(command, until: deadline).answer()
    }

    /// Sends a command, for whose answer the caller may wait later.
    /// - Parameters:
    ///   - deadline: until when; nil: `commandMS` from now.
    ///   - onLate: gets an answer that comes when the caller waits no longer, or never has waited;
    ///     called on the loop.
    /// - Throws: `.down` or `.tooManyPending`; then nothing is sent.
    package func begin(
        _ command: RedisCommand,
        until deadline: Instant? = nil,
        onLate: ((RedisReply) -> Void)? = nil
    ) throws(RedisError) -> RedisCall {
        try begin(command, nil, until: deadline, onLate: onLate)
    }

    /// Runs a script by its digest, and with its source where the server does not know it (yet, or
    /// after a flush, or since it is a new master); as `begin` of a command.
    /// - Parameter call: one of the script's.
    package func begin(
        _ script: RedisScript,
        _ call: RedisCommand,
        until deadline: Instant? = nil,
        onLate: ((RedisReply) -> Void)? = nil
    ) throws(RedisError) -> RedisCall {
        try begin(call, script, until: deadline, onLate: onLate)
    }

    private func begin(
        _ command: RedisCommand,
        _ script: RedisScript?,
        until deadline: Instant?,
        onLate: ((RedisReply) -> Void)?
    ) throws(RedisError) -> RedisCall {
        let node = try node(for: command)
        return RedisCall(
            client: self,
            node: node,
            command: command,
            script: script,
            pending: try submit(command, to: node, onLate: onLate),
            deadline: deadline ?? defaultDeadline,
            onLate: onLate
        )
    }

    private func submit(
        _ command: RedisCommand,
        to node: RedisNode,
        isAsking: Bool = false,
        onLate: ((RedisReply) -> Void)?
    ) throws(RedisError) -> PendingCommand {
        let pending = context.makePending()
        pending.onLate = onLate
        do {
            try node.submit(command, pending, isAsking: isAsking)
        } catch {
            context.recycle(pending)
            context.counter.refused.add()
            throw error
        }
        return pending
    }

    /// Sends a command that a member of a cluster did not take to where it belongs.
    func follow(_ first: ServerError, _ call: RedisCall) async throws(RedisError) -> RedisReply {
        var error = first
        var target = (node: call.node, isAsking: false)
        var follows = 0
        while true {
            if let next = try topology.follow(error, from: target.node) {
                target = next
                follows += 1
                guard follows <= Redirect.followsMax else { throw .server(error) }
            } else {
                let again = context.loop.now.advanced(milliseconds: Redirect.tryAgainMS)
                guard again < call.deadline else { throw .server(error) }
                _ = await Waiter(loop: context.loop).wait(until: again)
            }
            do throws(RedisError) {
                let pending = try submit(
                    call.command,
                    to: target.node,
                    isAsking: target.isAsking,
                    onLate: call.onLate
                )
                return try await target.node.answer(pending, until: call.deadline)
            } catch let failure {
                guard case .server(let answer) = failure else { throw failure }
                error = answer
            }
        }
    }

    /// Runs a script and waits for its answer.
    /// - Parameters:
    ///   - keys: all of one slot of a cluster.
    ///   - deadline: nil: `commandMS` from now.
    /// - Throws: as `send`.
    package func run(
        _ script: RedisScript,
        keys: [String],
        arguments: [RedisArgument],
        until deadline: Instant? = nil
    ) async throws(RedisError) -> RedisReply {
        let call = script.call(keys: keys, arguments: arguments)
        return try await begin(script, call, until: deadline).answer()
    }

    /// Sends a command whose answer nobody waits for; it may leave a moment later, with others.
    /// - Parameter onOutcome: gets the answer all the same, or why there is none; called on the
    ///   loop, not before this returns true.
    /// - Returns: whether it will be sent: false when Redis is down, or too many wait.
    @discardableResult
    package func post(
        _ command: RedisCommand,
        onOutcome: ((Result<RedisReply, RedisError>) -> Void)? = nil
    ) -> Bool {
        post(command, nil, onOutcome)
    }

    /// Runs a script that nobody waits for; as `post` of a command and `begin` of a script.
    @discardableResult
    package func post(
        _ script: RedisScript,
        _ call: RedisCommand,
        onOutcome: ((Result<RedisReply, RedisError>) -> Void)? = nil
    ) -> Bool {
        post(call, script, onOutcome)
    }

    private func post(
        _ command: RedisCommand,
        _ script: RedisScript?,
        _ onOutcome: ((Result<RedisReply, RedisError>) -> Void)?
    ) -> Bool {
        guard let node = try? node(for: command) else { return false }
        return RedisPosting(command, script, to: node, of: self, onOutcome).submit()
    }

    /// The same with keys and arguments.
    @discardableResult
    package func post(
        _ script: RedisScript,
        keys: [String],
        arguments: [RedisArgument],
        onOutcome: ((Result<RedisReply, RedisError>) -> Void)? = nil
    ) -> Bool {
        post(script, script.call(keys: keys, arguments: arguments), onOutcome: onOutcome)
    }

    /// Has all posted commands leave at the end of this turn: there may be no other one.
    package func endPatience() {
        topology.endPatience()
    }

    private var defaultDeadline: Instant {
        context.loop.now.advanced(milliseconds: context.settings.commandMS)
    }

    func node(for command: RedisCommand) throws(RedisError) -> RedisNode {
        do {
            return try topology.node(for: command)
        } catch {
            context.counter.refused.add()
            throw error
        }
    }

    // MARK: - Events

    private func changed(_ node: RedisNode) {
        let state = topology.state
        if state != told, state != .connecting {
            told = state
            onEvent(.state(state))
        }
        guard node.state == .up else { return }
        // Members of a cluster are set up alike: what was said of one is not said of the next.
        let known = toldFindings.values.reduce(into: Set()) { $0.formUnion($1) }
        let findings = node.facts.findings
        toldFindings[node.endpoint] = Set(findings)
        for finding in findings where !known.contains(finding) { onEvent(.finding(finding)) }
    }
}
