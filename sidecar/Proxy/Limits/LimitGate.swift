internal import OpenAI
internal import RateLimits
internal import Routing

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
    ) async throws(RequestFailure) -> Grant<Selection.Place>? {
        if isOpen { return .granted(place) }
        var deployments = [place.deployment]
        // One round trip is to decide all; within the process the others are asked when needed.
        if context.limitDesk.isShared { deployments += others(than: place, traits) }
        var verdict = try await ask(deployments, place)
        if case .refused(let refusal) = verdict, refusal.isCandidates, deployments.count == 1 {
            deployments = others(than: place, traits)
            if !deployments.isEmpty {
                verdict = try await ask(deployments, place).orSooner(than: refusal)
            }
        }
        switch verdict {
        case nil: return .granted(place)
        case .granted(let grant):
            let chosen = deployments[grant.receipt.candidate ?? 0]
            if chosen == place.deployment {
                take(grant)
                return .granted(place)
            }
            giveBack(place)
            guard let other = admission.place(at: chosen, traits) else {
                grant.settle(.unused)
                return nil
            }
            take(grant)
            return .granted(other)
        case .refused(let refusal):
            giveBack(place)
            guard refusal.isCandidates else { throw .answer(context.answer(to: refusal)) }
            return .refused(failure(refusal))
        }
    }

    /// - Returns: nil when nothing limits the request.
    private func ask(
        _ deployments: [Int32],
        _ place: Selection.Place
    ) async throws(RequestFailure) -> LimitVerdict? {
        do {
            return try await ask(deployments)
        } catch {
            giveBack(place)
            throw .answer(error)
        }
    }

    private func ask(_ deployments: [Int32]) async throws(OpenAIError) -> LimitVerdict? {
        var wish = LimitWish(rules: rules, candidates: group.limits(of: deployments))
        if wish.isEmpty {
            request.needsLimits = false
            return nil
        }
        wish.tokens = estimate(wish)
        return try await context.limitDesk.decide(wish)
    }

    private func others(than place: Selection.Place, _ traits: RequestTraits) -> [Int32] {
        guard group.isLimited else { return [] }
        return context.board.preferences(
            group.candidates,
            traits,
            besides: place.deployment,
            at: context.moment
        )
    }

    /// Takes the caller's part alone, before a wait for a place: who may not need not wait.
    func admitCaller() async throws(RequestFailure) {
        guard request.needsLimits else { return }
        let verdict: LimitVerdict?
        do {
            verdict = try await ask([])
        } catch {
            throw .answer(error)
        }
        switch verdict {
        case nil: break
        case .granted(let grant): take(grant)
        case .refused(let refusal): throw .answer(context.answer(to: refusal))
        }
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

    private func take(_ grant: LimitGrant) {
        let count = request.needsLimits ? rules.count : 0
        request.needsLimits = false
        let (own, deployment) = grant.split(at: count)
        if count > 0 { request.limitTicket = LimitTicket(own) }
        if grant.receipt.charges.count > count {
            request.deploymentTicket = LimitTicket(deployment)
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
            ).limited(by: context.note(refusal))
        )
    }
}

extension LimitWish {
    /// Whether nothing limits the request.
    fileprivate var isEmpty: Bool { rules.isEmpty && candidates.allSatisfy(\.isEmpty) }

    fileprivate var limitsTokens: Bool {
        rules.contains { $0.tokens != nil }
            || candidates.contains { $0.contains { $0.tokens != nil } }
    }
}

extension LimitVerdict? {
    /// Where the others have no room either, the refusal that ends first.
    fileprivate func orSooner(than refusal: LimitRefusal) -> LimitVerdict? {
        guard case .refused(let other) = self, other.isCandidates,
            other.retryAfterMS > refusal.retryAfterMS
        else { return self }
        return .refused(refusal)
    }
}
