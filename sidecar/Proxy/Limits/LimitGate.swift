internal import OpenAI
internal import RateLimits
internal import Routing

/// Takes what limits a request, before it goes to a place that routing has taken for it: its
/// caller's limits once, a deployment's for each attempt at it.
struct LimitGate {
    let context: WorkerContext
    let request: ProxyRequest
    let group: ServingGroup
    let admission: Admission
    let wishes: LimitWishes

    init(
        context: WorkerContext,
        request: ProxyRequest,
        input: RequestInput,
        group: ServingGroup,
        overrides: MemberTexts,
        admission: Admission
    ) {
        self.context = context
        self.request = request
        self.group = group
        self.admission = admission
        wishes = LimitWishes(
            context: context,
            request: request,
            input: input,
            group: group,
            overrides: overrides
        )
    }

    /// - Returns: the place, or another deployment's that has room where this one has none; nil
    ///   when that one was lost meanwhile, and nothing is taken.
    /// - Throws: the answer, where it is the caller who may not.
    func admit(
        _ place: Selection.Place,
        _ traits: RequestTraits
    ) async throws(RequestFailure) -> Grant<Selection.Place>? {
        if wishes.areNone { return .granted(place) }
        var deployments: [Int32]
        var verdict: LimitVerdict?
        if let ahead = wishes.takeAskedAhead() {
            deployments = ahead.deployments
            verdict = try await answer(ahead.question, place)
        } else {
            deployments = [place.deployment]
            // One round trip is to decide all; within the process others are asked when needed.
            if context.limitDesk.isShared { deployments += others(than: place, traits) }
            verdict = try await ask(deployments, place)
        }
        if case .refused(let refusal) = verdict, refusal.isCandidates, deployments.count == 1 {
            deployments = others(than: place, traits)
            if !deployments.isEmpty {
                verdict = try await ask(deployments, place).orSooner(than: refusal)
            }
        }
        switch verdict {
        case nil: return .granted(place)
        case .granted(let grant):
            let chosen = grant.receipt.candidate.map { deployments[$0] } ?? place.deployment
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

    private func answer(
        _ question: LimitQuestion,
        _ place: Selection.Place
    ) async throws(RequestFailure) -> LimitVerdict {
        do {
            return try await context.limitDesk.decide(question)
        } catch {
            giveBack(place)
            throw .answer(error)
        }
    }

    private func ask(_ deployments: [Int32]) async throws(OpenAIError) -> LimitVerdict? {
        guard let wish = wishes.wish(deployments) else {
            request.needsLimits = false
            return nil
        }
        return try await context.limitDesk.decide(wish)
    }

    private func others(than place: Selection.Place, _ traits: RequestTraits) -> [Int32] {
        wishes.deployments(traits, besides: place.deployment)
    }

    /// Takes the caller's part alone, before a wait for a place: who may not need not wait.
    func admitCaller() async throws(RequestFailure) {
        guard request.needsLimits else { return }
        let verdict: LimitVerdict?
        do {
            // Where deployments matter, none has a place now, and nobody is to hold theirs.
            if let ahead = wishes.takeAskedAhead(), ahead.deployments.isEmpty {
                verdict = try await context.limitDesk.decide(ahead.question)
            } else {
                verdict = try await ask([])
            }
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

    private func take(_ grant: LimitGrant) {
        let count = wishes.rules.count
        request.needsLimits = false
        let (own, deployment) = grant.split(at: count)
        if let own { request.limitTicket = LimitTicket(own) }
        if let deployment { request.deploymentTicket = LimitTicket(deployment) }
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

extension LimitVerdict? {
    /// Where the others have no room either, the refusal that ends first.
    fileprivate func orSooner(than refusal: LimitRefusal) -> LimitVerdict? {
        guard case .refused(let other) = self, other.isCandidates,
            other.retryAfterMS > refusal.retryAfterMS
        else { return self }
        return .refused(refusal)
    }
}
