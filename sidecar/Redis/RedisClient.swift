package import EventLoop

/// A client of one Redis, or of one cluster, for one worker.
///
/// It lives on its loop and has no locks: only tasks of that loop may use it. Commands of one turn
/// of the loop leave in one write, and their answers are matched in order. A command never waits
/// longer than its deadline; when Redis is down it fails at once.
package final class RedisClient {
    let context: RedisContext
    private let onEvent: (RedisEvent) -> Void
    private var node: RedisNode?
    private var told: RedisState = .connecting
    private var toldFindings: Set<RedisFinding> = []
    private var isClosed = false

    /// - Parameters:
    ///   - resolve: finds the addresses of hosts that are names.
    ///   - onEvent: called on the loop, in the middle of things: it must not call the client.
    package init(
        settings: RedisSettings,
        loop: EventLoop,
        resolve: @escaping RedisResolver,
        onEvent: @escaping (RedisEvent) -> Void = { _ in }
    ) {
        context = RedisContext(settings: settings, loop: loop, resolve: resolve)
        self.onEvent = onEvent
    }

    deinit {
        node?.close()
    }

    /// Begins to connect. Until the first connection stands or fails, commands wait for it.
    package func start() {
        guard node == nil, !isClosed, let endpoint = context.settings.endpoints.first else {
            return
        }
        let node = RedisNode(endpoint, context, allowsReplica: { false })
        node.onChange = { [weak self] in self?.changed($0) }
        self.node = node
        node.start()
    }

    /// Ends all connections and everyone's wait; for good.
    package func close() {
        isClosed = true
        node?.close()
    }

    /// Whether Redis can be used, and if not, why.
    package var state: RedisState { node?.state ?? .connecting }

    /// What was done so far.
    package var counts: RedisCounts { context.counts }

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
        let deadline = deadline ?? defaultDeadline
        let node = try node(for: command)
        let pending = context.makePending()
        do {
            try node.submit(command, pending)
        } catch {
            context.recycle(pending)
            context.counts.refused += 1
            throw error
        }
        return try await node.answer(pending, until: deadline)
    }

    /// Runs a script by its digest, and with its source where the server does not know it (yet, or
    /// after a flush, or since it is a new master).
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
        let deadline = deadline ?? defaultDeadline
        do throws(RedisError) {
            return try await send(script.call(keys: keys, arguments: arguments), until: deadline)
        } catch {
            guard case .server(let answer) = error, answer.code == "NOSCRIPT" else { throw error }
        }
        return try await send(script.fullCall(keys: keys, arguments: arguments), until: deadline)
    }

    /// Sends a command whose answer nobody waits for.
    /// - Parameter onOutcome: gets the answer all the same, or why there is none; called on the
    ///   loop, not before this returns true.
    /// - Returns: whether it will be sent: false when Redis is down, or too many wait.
    @discardableResult
    package func post(
        _ command: RedisCommand,
        onOutcome: ((Result<RedisReply, RedisError>) -> Void)? = nil
    ) -> Bool {
        do throws(RedisError) {
            try node(for: command).submit(command, PendingCommand(posted: onOutcome))
            return true
        } catch {
            context.counts.refused += 1
            return false
        }
    }

    /// Runs a script that nobody waits for; as `post` and `run`.
    @discardableResult
    package func post(
        _ script: RedisScript,
        keys: [String],
        arguments: [RedisArgument],
        onOutcome: ((Result<RedisReply, RedisError>) -> Void)? = nil
    ) -> Bool {
        post(script.call(keys: keys, arguments: arguments)) { [weak self] outcome in
            if case .failure(.server(let answer)) = outcome, answer.code == "NOSCRIPT", let self {
                let command = script.fullCall(keys: keys, arguments: arguments)
                if self.post(command, onOutcome: onOutcome) { return }
            }
            onOutcome?(outcome)
        }
    }

    private var defaultDeadline: Instant {
        context.loop.now.advanced(milliseconds: context.settings.commandMS)
    }

    private func node(for command: RedisCommand) throws(RedisError) -> RedisNode {
        guard let node else { throw .down("it was not started") }
        return node
    }

    // MARK: - Events

    private func changed(_ node: RedisNode) {
        let state = node.state
        if state != told, state != .connecting {
            told = state
            onEvent(.state(state))
        }
        guard state == .up else { return }
        let findings = node.facts.findings
        for finding in findings where !toldFindings.contains(finding) {
            onEvent(.finding(finding))
        }
        toldFindings = Set(findings)
    }
}
