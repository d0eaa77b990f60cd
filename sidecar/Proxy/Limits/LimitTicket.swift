internal import OpenAI
internal import RateLimits
internal import Routing

/// What a request has taken of its limits, for as long as it is served.
final class LimitTicket {
    private let grant: LimitGrant
    /// Whether it adds to what another ticket has reserved, by which what was used is settled.
    private let isMore: Bool
    private var isSettled = false

    init(_ grant: LimitGrant, isMore: Bool = false) {
        self.grant = grant
        self.isMore = isMore
    }

    deinit {
        settle(.unknown)
    }

    var receipt: LimitReceipt { grant.receipt }

    /// Corrects what was taken; the first outcome counts.
    func settle(_ outcome: LimitOutcome) {
        if isSettled { return }
        isSettled = true
        if isMore, case .used = outcome {
            grant.settle(.failed)
        } else {
            grant.settle(outcome)
        }
    }
}

extension LimitOutcome {
    /// How a request has ended for its caller (`docs/limits.md`).
    init(_ request: ProxyRequest) {
        let isCut = request.isClientGone || request.isCutByDrain || request.status == 499
        if request.attempts == 0 {
            self = .unused
        } else if let usage = request.usage, !(isCut && request.isStream) {
            self = .used(TokenCount(usage))
        } else if isCut || request.isAnswered {
            // What a stream has said of its usage before its end need not be all.
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
        if !wasTried || outcome == .unused {
            ticket.settle(.unused)
        } else if case .failure(let failure) = outcome, streamFailure == nil {
            ticket.settle(failure.sentNothing ? .unused : .failed)
        } else {
            ticket.settle(LimitOutcome(self))
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
