internal import EventLoop
internal import HTTP
internal import JSON
internal import OpenAI
internal import Providers
internal import Routing
internal import RouteTable
internal import Telemetry

/// A request in one model group: place after place, attempt after attempt, until one answers or the
/// group has failed.
struct GroupAttempts {
    let context: WorkerContext
    let request: ProxyRequest
    let group: ServingGroup
    let resolved: ResolvedGroup
    let overrides: MemberTexts
    /// Whether another group stands by after a failure of a kind.
    let hasFallback: (FailureKind) -> Bool

    private var policy: GroupPolicy { group.candidates.policy }

    /// - Returns: nil when the client has its answer.
    func run(_ content: RequestContent, _ body: RequestBody) async throws(RequestFailure)
        -> FailedAnswer?
    {
        try await group.refresh(for: request)
        var traits = RequestTraits(request, content, body, policy: policy)
        traits.pinnedDeployment = resolved.pinnedDeployment.map { Int32($0) }
        if let region = request.wishes.region { leaveOut(exceptIn: region, &traits) }
        var situation = RetryPolicy.Situation()
        situation.requested = request.wishes.retries
        var last: FailedAnswer?
        while true {
            let place: Selection.Place
            switch try await admission().place(traits) {
            case .granted(let found): place = found
            // What an upstream said is worth more than that nobody is left to ask.
            case .refused(let none): return last ?? none
            }
            if request.isOutOfTime {
                finish(place, .abandoned)
                return last ?? FailedAnswer(.timeout, request.deadlineError)
            }
            let failed = try await attempt(place, content, body)
            guard let failed else { return nil }
            traits.note(failed, of: place)
            last = last ?? failed
            if failed.isTargetless { continue }
            guard try await isTriedAgain(after: failed, place, traits, &situation) else {
                return last
            }
        }
    }

    /// Those that are elsewhere, or nobody knows where, are as good as refused.
    private func leaveOut(exceptIn region: String, _ traits: inout RequestTraits) {
        for candidate in group.candidates.candidates {
            let index = Int(candidate.deployment)
            let deployment = request.table.deployment(index, scanner: context.scanner)
            if !deployment.isIn(region: region) {
                traits.refusedDeployments.append(candidate.deployment)
            }
        }
    }

    private func admission() -> Admission {
        Admission(context: context, request: request, group: group) {
            (request.wishes.retries ?? policy.retry.count) > 0 && !hasFallback(.rateLimited)
        }
    }

    // MARK: - One attempt

    private func attempt(
        _ place: Selection.Place,
        _ content: RequestContent,
        _ body: RequestBody
    ) async throws(RequestFailure) -> FailedAnswer? {
        var outcome = AttemptOutcome.abandoned
        defer { finish(place, outcome) }
        let index = Int(place.deployment)
        let deployment = request.table.deployment(index, scanner: context.scanner)
        guard let target = deployment.target(resolved.match) else {
            return .targetless(.unknownModel(request.model))
        }
        if let error = target.deployment.refusal(model: request.model ?? "") {
            return .targetless(error)
        }
        if request.globalPlace == nil {
            switch try await GlobalPlace.take(request, context) {
            case .granted(let taken): request.globalPlace = taken
            case .refused(let failed): return failed
            }
        }
        let endpoint = group.endpoint(place.slot)
        request.endpointLabel = endpoint?.label ?? ""
        if request.attempts == 0 {
            _ = context.board.countAttempt(isRetry: false, at: context.moment)
        }
        request.attempts += 1
        let attempt = Attempt(
            context: context,
            request: request,
            target: target,
            address: endpoint?.address,
            overrides: overrides
        )
        let failed = try await attempt.run(content, body)
        outcome = request.outcome(failed)
        return failed
    }

    private func finish(_ place: Selection.Place, _ outcome: AttemptOutcome) {
        let effect = context.board.finish(
            place,
            outcome,
            in: group.candidates,
            of: group.model,
            at: context.moment
        )
        guard effect.cooldownMS != nil, case .failure(let failure) = outcome else { return }
        context.telemetry.countCooldown(request, status: failure.status)
    }

    // MARK: - What next

    private func isTriedAgain(
        after failed: FailedAnswer,
        _ place: Selection.Place,
        _ traits: RequestTraits,
        _ situation: inout RetryPolicy.Situation
    ) async throws(RequestFailure) -> Bool {
        situation.deployment = group.candidates.retries[place.deployment]
        situation.hasUntried = context.board.withRouting {
            $0.hasUntried(group.candidates, traits, at: context.moment)
        }
        situation.hasOther = group.candidates.candidates.count > 1
        situation.hasFallback = hasFallback(failed.failure.kind)
        situation.leftMS = context.moment.milliseconds(until: request.deadline.nanoseconds)
        let decision = policy.retry.decide(
            failed.failure,
            situation,
            using: &context.scratch.generator
        )
        guard case .again(let afterMS, let costs) = decision else { return false }
        if costs {
            // Nothing was sent that a retry would add to.
            let isFree = failed.failure.sentNothing
            guard isFree || context.board.countAttempt(isRetry: true, at: context.moment) else {
                context.telemetry.shard.countSpentRetryBudget()
                return false
            }
            situation.retries += 1
        }
        if afterMS > 0 {
            situation.waits += 1
            try await request.pause(milliseconds: afterMS, context)
        }
        request.retries += 1
        return true
    }
}

extension FailedAnswer {
    /// A deployment that cannot serve this very request: nothing was tried.
    static func targetless(_ error: OpenAIError) -> FailedAnswer {
        var failed = FailedAnswer(FailureKind(status: error.status), error)
        failed.isTargetless = true
        return failed
    }
}

extension RequestTraits {
    /// What of a request matters to a group's policy; the costly parts only where it needs them.
    init(
        _ request: ProxyRequest,
        _ content: RequestContent,
        _ body: RequestBody,
        policy: GroupPolicy
    ) {
        self.init()
        isStream = request.isStream
        if policy.filtersByTags { tags = RequestTags(request.tags) }
        guard case .json(let facts) = content else { return }
        if policy.needsInputTokens {
            inputTokens = Int64(PromptMeasure(facts).tokens(in: body.span))
        }
        if policy.needsPrefix {
            prefixHash = PromptPrefix.hash(
                facts,
                body.span,
                bytesMax: policy.arguments.prefixBytes
            )
        }
    }

    /// Takes a candidate that failed out of the next choice.
    mutating func note(_ failed: FailedAnswer, of place: Selection.Place) {
        triedSlots.append(place.slot)
        // All its endpoints have the same credential, and the same name for the model.
        if failed.failure.kind.isDeploymentsOwn || failed.isTargetless {
            refusedDeployments.append(place.deployment)
        }
    }
}
