internal import OpenAI
internal import RateLimits
internal import Routing

/// What a request has taken of its caller's limits, for as long as it is served.
final class LimitTicket {
    let receipt: LimitReceipt
    private let board: LimitBoard
    private var isSettled = false

    init(_ receipt: LimitReceipt, _ board: LimitBoard) {
        self.receipt = receipt
        self.board = board
    }

    deinit {
        settle(.unknown)
    }

    /// Corrects what was taken; the first outcome counts.
    func settle(_ outcome: LimitOutcome) {
        if isSettled { return }
        isSettled = true
        board.settle(receipt, outcome)
    }
}

extension LimitOutcome {
    /// How a request has ended for its caller (`docs/limits.md`).
    init(_ request: ProxyRequest) {
        if request.attempts == 0 {
            self = .unused
        } else if let usage = request.usage {
            self = .used(TokenCount(usage))
        } else if request.isClientGone || request.isCutByDrain || request.isAnswered {
            self = .unknown
        } else {
            self = .failed
        }
    }
}

extension ProxyRequest {
    /// Whether an upstream's good answer has begun.
    fileprivate var isAnswered: Bool { answeredAt != nil && status < 400 }

    /// Settles what an attempt has taken of its deployment's limits.
    func settleDeployment(_ outcome: AttemptOutcome, wasTried: Bool) {
        guard let ticket = deploymentTicket else { return }
        deploymentTicket = nil
        if !wasTried {
            ticket.settle(.unused)
        } else if let usage {
            ticket.settle(.used(TokenCount(usage)))
        } else if case .failure(let failure) = outcome, streamFailure == nil {
            ticket.settle(failure.sentNothing ? .unused : .failed)
        } else {
            ticket.settle(.unknown)
        }
    }
}

extension TokenCount {
    init(_ usage: TokenUsage) {
        // What an endpoint says of the total only went in.
        let input = max(usage.prompt, usage.total - usage.completion)
        self.init(input: Int64(input), output: Int64(usage.completion))
    }
}
