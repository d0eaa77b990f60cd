package import EventLoop

/// A client of one Redis, or of one cluster, for one worker.
///
/// It lives on its loop and has no locks: only tasks of that loop may use it. Commands of one turn
/// of the loop leave in one write, and their answers are matched in order. A command never waits
/// longer than its deadline; when Redis is down it fails at once.
package final class RedisClient {
    let context: RedisContext
    private let onEvent: (RedisEvent) -> Void
    private let topology: Topology
    private var told: RedisState = .connecting
    private var toldFindings: [RedisEndpoint: Set<RedisFinding>] = [:]
    private var isStarted = false

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
        topology = Topology(context)
        self.onEvent = onEvent
        topology.onChange = { [weak self] in self?.changed($0) }
    }

    deinit {
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
        let redirection: ServerError
        do throws(RedisError) {
            return try await ask(node, command, until: deadline)
        } catch {
            guard case .server(let answer) = error else { throw error }
            redirection = answer
        }
        return try await follow(redirection, from: node, command, until: deadline)
    }

    private func ask(
        _ node: RedisNode,
        _ command: RedisCommand,
        isAsking: Bool = false,
        until deadline: Instant
    ) async throws(RedisError) -> RedisReply {
        let pending = context.makePending()
        do {
            try node.submit(command, pending, isAsking: isAsking)
        } catch {
            context.recycle(pending)
            context.counts.refused += 1
            throw error
        }
        return try await node.answer(pending, until: deadline)
    }

    /// Sends a command that a member of a cluster did not take to where it belongs.
    private func follow(
        _ first: ServerError,
        from node: RedisNode,
        _ command: RedisCommand,
        until deadline: Instant
    ) async throws(RedisError) -> RedisReply {
        var error = first
        var target = (node: node, isAsking: false)
        var follows = 0
        while true {
            if let next = try topology.follow(error, from: target.node) {
                target = next
                follows += 1
                guard follows <= Redirect.followsMax else { throw .server(error) }
            } else {
                let again = context.loop.now.advanced(milliseconds: Redirect.tryAgainMS)
                guard again < deadline else { throw .server(error) }
                _ = await Waiter(loop: context.loop).wait(until: again)
            }
            do throws(RedisError) {
                return try await ask(
                    target.node,
                    command,
                    isAsking: target.isAsking,
                    until: deadline
                )
            } catch let failure {
                guard case .server(let answer) = failure else { throw failure }
                error = answer
            }
        }
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
        guard let node = try? node(for: command) else { return false }
        return post(command, to: node, isAsking: false, follows: 0, onOutcome)
    }

    private func post(
        _ command: RedisCommand,
        to node: RedisNode,
        isAsking: Bool,
        follows: Int,
        _ onOutcome: ((Result<RedisReply, RedisError>) -> Void)?
    ) -> Bool {
        let pending = PendingCommand { [weak self] outcome in
            if case .failure(.server(let error)) = outcome { node.judge(error) }
            if case .failure(.server(let error)) = outcome, follows < Redirect.followsMax,
                let next = try? self?.topology.follow(error, from: node),
                self?.post(
                    command,
                    to: next.node,
                    isAsking: next.isAsking,
                    follows: follows + 1,
                    onOutcome
                ) ?? false
            {
                return
            }
            onOutcome?(outcome)
        }
        do {
            try node.submit(command, pending, isAsking: isAsking)
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
        do {
            return try topology.node(for: command)
        } catch {
            context.counts.refused += 1
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
