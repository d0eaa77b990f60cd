internal import EventLoop

/// A command that nobody waits for, until it has an outcome: through redirections, and with its
/// source where it is a script that the server does not know.
final class RedisPosting {
    private let client: RedisClient
    private var command: RedisCommand
    /// Whose call it is, as long as its source was not sent along.
    private var script: RedisScript?
    private let onOutcome: ((PendingCommand.Outcome) -> Void)?
    private var node: RedisNode
    private var isAsking = false
    private var follows = 0
    private var timer: DeadlineTimer?
    /// How long it may be tried again, from the first time that a server asked for that.
    private var triesUntil: Instant?

    init(
        _ command: RedisCommand,
        _ script: RedisScript?,
        to node: RedisNode,
        of client: RedisClient,
        _ onOutcome: ((PendingCommand.Outcome) -> Void)?
    ) {
        self.command = command
        self.script = script
        self.node = node
        self.client = client
        self.onOutcome = onOutcome
    }

    /// - Returns: whether it will be sent.
    func submit() -> Bool {
        do {
            let pending = PendingCommand(posted: self)
            try node.submit(command, pending, isAsking: isAsking, isPatient: true)
            return true
        } catch {
            client.context.counter.refused.add()
            return false
        }
    }

    /// What the server has said, or why it has not.
    func finish(_ outcome: PendingCommand.Outcome) {
        if case .failure(.server(let error)) = outcome {
            node.judge(error)
            if goesOn(after: error) { return }
        }
        onOutcome?(outcome)
    }

    /// - Returns: whether there will be another outcome.
    private func goesOn(after error: ServerError) -> Bool {
        if let script, error.code == RedisScript.unknown {
            self.script = nil
            command = script.withSource(command)
            follows = 0
            isAsking = false
            guard let next = try? client.node(for: command) else { return false }
            node = next
            return submit()
        }
        guard follows < Redirect.followsMax else { return false }
        do throws(RedisError) {
            guard let next = try client.topology.follow(error, from: node) else {
                return triesAgain(after: error)
            }
            follows += 1
            (node, isAsking) = next
            return submit()
        } catch {
            return false
        }
    }

    /// Later, at the same server, within the time that a command has.
    private func triesAgain(after error: ServerError) -> Bool {
        let context = client.context
        let now = context.loop.now
        let end = triesUntil ?? now.advanced(milliseconds: context.settings.commandMS)
        triesUntil = end
        let next = now.advanced(milliseconds: Redirect.tryAgainMS)
        guard next < end else { return false }
        // The timer holds this until it fires.
        let timer = DeadlineTimer(loop: context.loop) { [self] in
            self.timer = nil
            if !submit() { onOutcome?(.failure(.server(error))) }
        }
        self.timer = timer
        timer.set(next)
        return true
    }
}
