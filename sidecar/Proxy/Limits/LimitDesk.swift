internal import EventLoop
internal import OpenAI
internal import RateLimits

/// Where a worker's requests take and give back what limits them: in Redis, where the table has
/// one, else, and while it cannot be asked, in the process. Only on the worker's loop.
final class LimitDesk {
    private let board: LimitBoard
    private var limiter: SharedLimiter?
    /// Whether the table wants limits that cannot be asked for, and nothing without them.
    private var isClosed = false
    /// Of tables before, for as long as their requests hold places.
    private var former: [SharedLimiter] = []

    init(_ board: LimitBoard) {
        self.board = board
    }

    /// Whether Redis decides.
    var isShared: Bool { limiter != nil }

    /// Follows the table in service.
    func adopt(_ settings: LimitSettings, _ context: WorkerContext) {
        isClosed = settings.isClosed
        guard limiter?.settings != settings.shared else { return }
        if let limiter {
            limiter.retire()
            former.append(limiter)
        }
        limiter = settings.shared.map { SharedLimiter($0, context) }
    }

    /// Has Redis be asked about a wish, beside what else it is asked.
    /// - Returns: nil where that would save nothing.
    func ask(_ wish: LimitWish) -> LimitQuestion? {
        guard let limiter, !limiter.isDown else { return nil }
        return limiter.ask(wish)
    }

    /// - Throws: when Redis does not say it, and nobody else may.
    func decide(_ wish: LimitWish) async throws(OpenAIError) -> LimitVerdict {
        if isClosed { throw .limitsUnavailable }
        guard let limiter else { return LimitVerdict(board.decide(wish), board) }
        guard !limiter.isDown, let answer = await limiter.decide(wish) else {
            return try decide(wish, without: limiter)
        }
        return verdict(answer, wish)
    }

    /// The same for a wish that Redis was asked about already.
    func decide(_ question: LimitQuestion) async throws(OpenAIError) -> LimitVerdict {
        guard let answer = await question.limiter.answer(question) else {
            return try decide(question.wish, without: question.limiter)
        }
        return verdict(answer, question.wish)
    }

    private func verdict(
        _ answer: (LimitDecision, SharedGrant?),
        _ wish: LimitWish
    ) -> LimitVerdict {
        switch answer.0 {
        case .refused(let refusal): return .refused(refusal)
        case .granted(let receipt):
            let local = board.note(wish, candidate: receipt.candidate)
            return .granted(
                LimitGrant(board: board, local: local, shared: answer.1, answer.1?.receipt)
            )
        }
    }

    private func decide(
        _ wish: LimitWish,
        without limiter: SharedLimiter
    ) throws(OpenAIError) -> LimitVerdict {
        if limiter.settings.failsClosed { throw .limitsUnavailable }
        return LimitVerdict(board.decide(wish, isShare: true), board)
    }

    /// Renews leases.
    func beat() {
        former.removeAll { !$0.holdsPlaces }
        for limiter in former where !limiter.isDown { limiter.renew() }
        if let limiter, !limiter.isDown { limiter.renew() }
    }
}

/// What the desk says to a wish.
enum LimitVerdict {
    case granted(LimitGrant)
    case refused(LimitRefusal)

    fileprivate init(_ decision: LimitDecision, _ board: LimitBoard) {
        switch decision {
        case .refused(let refusal): self = .refused(refusal)
        case .granted(let receipt):
            self = .granted(LimitGrant(board: board, local: receipt, shared: nil, nil))
        }
    }
}

/// What was taken: here, and in Redis where that has granted it.
final class LimitGrant {
    private let board: LimitBoard
    private let local: LimitReceipt
    private let shared: SharedGrant?
    private let sharedReceipt: LimitReceipt?

    fileprivate init(
        board: LimitBoard,
        local: LimitReceipt,
        shared: SharedGrant?,
        _ sharedReceipt: LimitReceipt?
    ) {
        self.board = board
        self.local = local
        self.shared = shared
        self.sharedReceipt = sharedReceipt
    }

    /// What clients are told.
    var receipt: LimitReceipt { sharedReceipt ?? local }

    func settle(_ outcome: LimitOutcome) {
        board.settle(local, outcome)
        if let shared, let sharedReceipt {
            shared.limiter.settle(shared, sharedReceipt, outcome)
        }
    }

    /// The part of the first rules, and that of the others; nil for a part that is empty.
    func split(at count: Int) -> (LimitGrant?, LimitGrant?) {
        let all = local.charges.count
        if count == 0 { return (nil, all > 0 ? self : nil) }
        if count >= all { return (self, nil) }
        return (part(0..<count), part(count..<all))
    }

    private func part(_ range: Range<Int>) -> LimitGrant {
        LimitGrant(
            board: board,
            local: local.part(range),
            shared: shared,
            sharedReceipt?.part(range)
        )
    }
}

extension LimitReceipt {
    fileprivate func part(_ range: Range<Int>) -> LimitReceipt {
        var part = self
        part.charges = Array(charges[range])
        return part
    }
}
