internal import EventLoop

/// A command that was handed over and has no answer yet, or one that nobody has taken.
final class PendingCommand {
    typealias Outcome = Result<RedisReply, RedisError>

    /// What the caller waits with; nil when the command was posted.
    let waiter: Waiter?
    private(set) var outcome: Outcome?
    /// What gets the outcome where nobody waits; at most one of both.
    private let posting: RedisPosting?
    private let onOutcome: ((Outcome) -> Void)?
    /// Gets an answer that comes when the caller has given up, or was let go.
    var onLate: ((RedisReply) -> Void)?
    /// Whether the caller has given up: the answer still comes, in its turn.
    private(set) var isAbandoned = false
    /// Whether its deadline has passed: its answer does not count any more.
    var isLate = false
    /// Whether a connection still expects its answer.
    var isInFlight = false
    /// When it was handed over.
    var handedOverAt = Instant(nanoseconds: 0)

    /// One that a caller will wait for.
    init(loop: EventLoop) {
        waiter = Waiter(loop: loop)
        posting = nil
        onOutcome = nil
    }

    /// One that nobody waits for.
    init(posted posting: RedisPosting) {
        waiter = nil
        self.posting = posting
        onOutcome = nil
    }

    /// One that the client sends for itself.
    init(onOutcome: ((Outcome) -> Void)?) {
        waiter = nil
        posting = nil
        self.onOutcome = onOutcome
    }

    var isPosted: Bool { waiter == nil }

    /// Gives the outcome to whoever is there to have it. The first one counts.
    func finish(_ outcome: Outcome) {
        guard self.outcome == nil, !isAbandoned else { return finishLate(outcome) }
        self.outcome = outcome
        if let waiter {
            waiter.signal()
        } else if let posting {
            posting.finish(outcome)
        } else {
            onOutcome?(outcome)
        }
    }

    private func finishLate(_ outcome: Outcome) {
        let onLate = onLate
        self.onLate = nil
        if case .success(let reply) = outcome { onLate?(reply) }
    }

    /// The caller waits no longer, or will not wait at all.
    func abandon() {
        isAbandoned = true
        // What came before is not for the caller any more either.
        if let outcome { finishLate(outcome) }
    }

    /// Makes it as new, for the next command.
    func reset() {
        outcome = nil
        onLate = nil
        isAbandoned = false
        isLate = false
        waiter?.reset()
    }
}

/// Commands in the order in which they were sent: answers come in the same one.
struct PendingQueue {
    private var commands: [PendingCommand] = []
    private var first = 0

    var count: Int { commands.count - first }
    var oldest: PendingCommand? { isEmpty ? nil : commands[first] }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ command: PendingCommand) {
        commands.append(command)
    }

    mutating func popFirst() -> PendingCommand? {
        guard first < commands.count else { return nil }
        let command = commands[first]
        first += 1
        // Moved to the front only when at least half is free, so each one is moved once or so.
        if first == commands.count {
            commands.removeAll(keepingCapacity: true)
            first = 0
        } else if first >= 256, first * 2 >= commands.count {
            commands.removeFirst(first)
            first = 0
        }
        return command
    }

    /// All that are left, none left behind.
    mutating func takeAll() -> [PendingCommand] {
        defer {
            commands = []
            first = 0
        }
        return Array(commands[first...])
    }

    func forEach(_ body: (PendingCommand) -> Void) {
        for command in commands[first...] { body(command) }
    }
}
