internal import OpenAI
internal import RateLimits
internal import Routing
internal import Telemetry

/// A key's limits at a model that its request was not for, but is led to: otherwise whoever names
/// fallbacks of a model that fails would have no limit there.
struct FallbackLimits {
    let context: WorkerContext
    let request: ProxyRequest
    let input: RequestInput
    /// What the fallback replaces in the request's body.
    let overrides: MemberTexts

    /// Takes what is limited at a group, as far as that was not taken for the request already.
    /// - Parameter name: what led there.
    /// - Returns: why the group is not to be tried; nil when it may be.
    func admit(to group: ServingGroup, by name: String) async -> FailedAnswer? {
        // What was used by the groups before has come to nothing.
        for ticket in request.fallbackTickets { ticket.settle(.failed) }
        if let more = moreOfCaller, let failed = await take(more, isMore: true) { return failed }
        let rules = rules(group, name)
        if rules.isEmpty { return nil }
        return await take(LimitWish(rules: rules, tokens: estimate(rules)), isMore: false)
    }

    private func take(_ wish: LimitWish, isMore: Bool) async -> FailedAnswer? {
        do throws(OpenAIError) {
            switch try await context.limitDesk.decide(wish) {
            case .granted(let grant):
                request.fallbackTickets.append(LimitTicket(grant, isMore: isMore))
                return nil
            case .refused(let refusal):
                return FailedAnswer(.rateLimited, context.answer(to: refusal))
            }
        } catch {
            return FailedAnswer(FailureKind(error), error)
        }
    }

    /// The tokens that the request may take beyond those that were reserved of its caller's limits,
    /// where the fallback lets the model write more, or says more to it; nil where it does not.
    private var moreOfCaller: LimitWish? {
        guard !overrides.isEmpty, let charges = request.limitTicket?.receipt.charges else {
            return nil
        }
        let limited = charges.filter { $0.rule.tokens != nil }
        if limited.isEmpty { return nil }
        let estimate = request.tokenEstimate(input, overrides)
        let more =
            limited.map { charge in
                estimate.reservation(limit: charge.rule.tokens ?? 0) - charge.tokens
            }.max() ?? 0
        guard more > 0 else { return nil }
        return LimitWish(
            rules: limited.compactMap { LimitRule($0.rule.subject, tokens: $0.rule.tokens) },
            tokens: TokenEstimate(type: .input, input: more)
        )
    }

    private func rules(_ group: ServingGroup, _ name: String) -> [LimitRule] {
        guard case .key(let key) = request.caller else { return [] }
        let limits = request.table.callerLimits(key)
        // Before the first attempt those of the group at hand are still to be taken.
        let coming =
            request.needsLimits
            ? limits.rules(
                model: request.model ?? "",
                group: group.model,
                standard: group.keyLimits
            ) : []
        let taken = ([request.limitTicket].compactMap(\.self) + request.fallbackTickets)
            .flatMap { $0.receipt.charges.map(\.rule) }
        let known = Set((coming + taken).map(\.subject))
        return limits.modelRules(model: name, group: group.model, standard: group.keyLimits)
            .filter { !known.contains($0.subject) }
    }

    private func estimate(_ rules: [LimitRule]) -> TokenEstimate {
        guard rules.contains(where: { $0.tokens != nil }) else { return TokenEstimate() }
        return request.tokenEstimate(input, overrides)
    }
}

extension WorkerContext {
    /// What a caller gets who may not; counted, too.
    func answer(to refusal: LimitRefusal) -> OpenAIError {
        OpenAIError.rateLimited(
            descriptor: "\(refusal.subject.scope.name): \(refusal.subject.id)",
            limit: Int(refusal.limit),
            remaining: Int(refusal.remaining),
            retryAfter: refusal.retryAfterSeconds,
            note: note(refusal)
        )
    }

    /// Counts the refusal, too: each is answered, or another group's answer is.
    func note(_ refusal: LimitRefusal) -> OpenAIError.LimitNote {
        telemetry.shard.countRateLimited(
            limit: refusal.subject.scope.name,
            type: refusal.kind.name
        )
        return OpenAIError.LimitNote(
            type: refusal.kind.name,
            resetsAt: UInt64(wallSeconds + refusal.retryAfterSeconds)
        )
    }
}

extension LimitRefusal {
    /// Rounded up, so that who waits so long does not come too soon.
    var retryAfterSeconds: Int { Int(max(1, (retryAfterMS + 999) / 1_000)) }
}
