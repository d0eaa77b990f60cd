package import EventLoop

/// A command that is on its way, for whose answer its caller may wait now, later or not at all.
///
/// An answer that nobody waits for goes to `onLate`, so that what the command did can be undone.
/// Errors do not: they say that nothing was done.
package final class RedisCall {
    private let client: RedisClient
    let node: RedisNode
    let command: RedisCommand
    private let script: RedisScript?
    private let pending: PendingCommand
    /// Until when an answer is in time.
    package let deadline: Instant
    let onLate: ((RedisReply) -> Void)?
    /// Whether its answer was waited for, or will not be.
    private var isOver = false

    init(
        client: RedisClient,
        node: RedisNode,
        command: RedisCommand,
        script: RedisScript?,
        pending: PendingCommand,
        deadline: Instant,
        onLate: ((RedisReply) -> Void)?
    ) {
        self.client = client
        self.node = node
        self.command = command
        self.script = script
        self.pending = pending
        self.deadline = deadline
        self.onLate = onLate
    }

    deinit {
        giveUp()
    }

    /// Waits for the answer; to be called once at most.
    /// - Throws: `.timeout` at the deadline, `.server` for an error as answer.
    package func answer() async throws(RedisError) -> RedisReply {
        guard !isOver else { throw .timeout }
        isOver = true
        var said: ServerError
        do throws(RedisError) {
            return try await node.answer(pending, until: deadline)
        } catch {
            said = try Self.serverError(error)
        }
        if said.code != RedisScript.unknown {
            do throws(RedisError) {
                return try await client.follow(said, self)
            } catch {
                said = try Self.serverError(error)
            }
        }
        guard let script, said.code == RedisScript.unknown else { throw .server(said) }
        let command = script.withSource(command)
        return try await client.begin(command, until: deadline, onLate: onLate).answer()
    }

    private static func serverError(_ error: RedisError) throws(RedisError) -> ServerError {
        guard case .server(let answer) = error else { throw error }
        return answer
    }

    /// The caller does not want the answer any more; `onLate` gets it.
    package func giveUp() {
        if isOver { return }
        isOver = true
        let isAnswered = pending.outcome != nil
        pending.abandon()
        if isAnswered { client.context.recycle(pending) }
    }
}
