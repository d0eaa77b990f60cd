internal import OpenAI
internal import RateLimits
internal import Routing
internal import Telemetry

/// Takes what limits a request, before it goes to a place that routing has taken for it: its
/// caller's limits once, a deployment's for each attempt at it.
struct LimitGate {
    let context: WorkerContext
    let request: ProxyRequest
    let input: RequestInput
    let group: ServingGroup
    let admission: Admission

    /// Whether nothing can limit the request here, as mostly.
    var isOpen: Bool { !group.isLimited && !request.needsLimits }

    /// - Returns: the place, or another deployment's that has room where this one has none; nil
    ///   when that one was lost meanwhile, and nothing is taken.
    /// - Throws: the answer, where it is the caller who may not.
    func admit(
        _ place: Selection.Place,
        _ traits: RequestTraits
    ) throws(RequestFailure) -> Grant<Selection.Place>? {
        if isOpen { return .granted(place) }
        var wish = LimitWish(rules: rules, candidates: group.limits(of: [place.deployment]))
        if wish.isEmpty {
            request.needsLimits = false
            return .granted(place)
        }
        wish.tokens = estimate(wish)
        let first = context.shared.limits.decide(wish)
        guard case .refused(let refusal) = first else {
            take(first, wish)
            return .granted(place)
        }
        giveBack(place)
        guard refusal.isCandidates else { throw .answer(answer(refusal)) }
        let others = context.board.preferences(
            group.candidates,
            traits,
            besides: place.deployment,
            at: context.moment
        )
        guard !others.isEmpty else { return .refused(failure(refusal)) }
        wish.candidates = group.limits(of: others)
        wish.tokens = estimate(wish)
        switch context.shared.limits.decide(wish) {
        case .refused(let other):
            guard other.isCandidates else { throw .answer(answer(other)) }
            let sooner = other.retryAfterMS < refusal.retryAfterMS ? other : refusal
            return .refused(failure(sooner))
        case .granted(let receipt):
            let deployment = others[receipt.candidate ?? 0]
            guard let other = admission.place(at: deployment, traits) else {
                context.shared.limits.settle(receipt, .unused)
                return nil
            }
            take(.granted(receipt), wish)
            return .granted(other)
        }
    }

    /// Takes the caller's part alone, before a wait for a place: who may not need not wait.
    func admitCaller() throws(RequestFailure) {
        guard request.needsLimits else { return }
        var wish = LimitWish(rules: rules)
        if wish.isEmpty { return request.needsLimits = false }
        wish.tokens = estimate(wish)
        let decision = context.shared.limits.decide(wish)
        if case .refused(let refusal) = decision { throw .answer(answer(refusal)) }
        take(decision, wish)
    }

    // MARK: - What is taken

    /// Those of the caller, as long as they were not taken.
    private var rules: [LimitRule] {
        guard request.needsLimits, case .key(let key) = request.caller else { return [] }
        return request.table.callerLimits(key).rules(
            model: request.model ?? "",
            group: group.model,
            standard: group.keyLimits
        )
    }

    private func take(_ decision: LimitDecision, _ wish: LimitWish) {
        guard case .granted(let receipt) = decision else { return }
        request.needsLimits = false
        let (own, deployment) = receipt.split(at: wish.rules.count)
        if !own.charges.isEmpty { request.limitTicket = LimitTicket(own, context.shared.limits) }
        if !deployment.charges.isEmpty {
            request.deploymentTicket = LimitTicket(deployment, context.shared.limits)
        }
    }

    private func giveBack(_ place: Selection.Place) {
        _ = context.board.finish(
            place,
            .unused,
            in: group.candidates,
            of: group.model,
            at: context.moment
        )
    }

    /// Counted only where tokens are limited, and once a request.
    private func estimate(_ wish: LimitWish) -> TokenEstimate {
        guard wish.limitsTokens else { return TokenEstimate() }
        if let known = request.tokenEstimate { return known }
        let estimate = TokenEstimate(
            request.endpoint,
            input,
            type: request.snapshot.limitSettings.tokenType
        )
        request.tokenEstimate = estimate
        return estimate
    }

    // MARK: - What is answered

    private func failure(_ refusal: LimitRefusal) -> FailedAnswer {
        FailedAnswer(
            .rateLimited,
            OpenAIError.deploymentLimits(
                model: request.model ?? "",
                retryAfter: refusal.retryAfterSeconds
            ).limited(by: note(refusal))
        )
    }

    private func answer(_ refusal: LimitRefusal) -> OpenAIError {
        OpenAIError.rateLimited(
            descriptor: "\(refusal.subject.scope.name): \(refusal.subject.id)",
            limit: Int(refusal.limit),
            remaining: Int(refusal.remaining),
            retryAfter: refusal.retryAfterSeconds,
            note: note(refusal)
        )
    }

    /// Counts the refusal, too: each is answered, or another group's answer is.
    private func note(_ refusal: LimitRefusal) -> OpenAIError.LimitNote {
        context.telemetry.shard.countRateLimited(
            limit: refusal.subject.scope.name,
            type: refusal.kind.name
        )
        return OpenAIError.LimitNote(
            type: refusal.kind.name,
            resetsAt: UInt64(context.wallSeconds + refusal.retryAfterSeconds)
        )
    }
}

extension LimitRefusal {
    /// Rounded up, so that who waits so long does not come too soon.
    fileprivate var retryAfterSeconds: Int { Int(max(1, (retryAfterMS + 999) / 1_000)) }
}

extension LimitWish {
    /// Whether nothing limits the request.
    fileprivate var isEmpty: Bool { rules.isEmpty && candidates.allSatisfy(\.isEmpty) }

    fileprivate var limitsTokens: Bool {
        rules.contains { $0.tokens != nil }
            || candidates.contains { $0.contains { $0.tokens != nil } }
    }
}

extension LimitReceipt {
    /// The caller's part, and the deployment's.
    fileprivate func split(at count: Int) -> (LimitReceipt, LimitReceipt) {
        var (own, rest) = (self, self)
        own.charges = Array(charges.prefix(count))
        rest.charges = Array(charges.dropFirst(count))
        return (own, rest)
    }
}
