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
final class GroupAttempts {
    private let context: WorkerContext
    private let request: ProxyRequest
    private let input: RequestInput
    private let group: ServingGroup
    private let resolved: ResolvedGroup
    private let overrides: MemberTexts
    private let isLastOfStop: Bool
    /// Knows whether another group stands by.
    private unowned let forwarder: Forwarder
    private var traits = RequestTraits()
    private var situation = RetryPolicy.Situation()
    /// The group's first failure.
    private var first: FailedAnswer?

    init(
        context: WorkerContext,
        request: ProxyRequest,
        input: RequestInput,
        group: ServingGroup,
        resolved: ResolvedGroup,
        overrides: MemberTexts,
        isLastOfStop: Bool,
        forwarder: Forwarder
    ) {
        self.context = context
        self.request = request
        self.input = input
        self.group = group
        self.resolved = resolved
        self.overrides = overrides
        self.isLastOfStop = isLastOfStop
        self.forwarder = forwarder
        situation.requested = request.wishes.retries
    }

    /// - Returns: nil when the client has its answer.
    func run() async throws(RequestFailure) -> FailedAnswer? {
        if group.needsNames { try await group.awaitNames(request) }
        traits = RequestTraits(context, request, input, group, resolved)
        while true {
            let place: Selection.Place
            switch try await takePlace() {
            case .granted(let found): place = found
            // What an upstream said is worth more than that nobody is left to ask.
            case .refused(let none): return first ?? none
            }
            guard let failed = try await attempt(place) else { return nil }
            first = first ?? failed
            if failed.endsGroup { return first }
            traits.note(failed, of: place)
            if failed.isTargetless { continue }
            guard let waitMS = decide(after: failed, place) else { return first }
            if waitMS > 0 { try await request.pause(milliseconds: waitMS, context) }
            request.retries += 1
        }
    }

    // MARK: - One attempt

    /// A place that the request's limits allow.
    private func takePlace() async throws(RequestFailure) -> Grant<Selection.Place> {
        let admission = Admission(context: context, request: request, group: group) {
            [self] in mayWaitForCooldown
        }
        let gate = LimitGate(
            context: context,
            request: request,
            input: input,
            group: group,
            overrides: overrides,
            admission: admission
        )
        // Whoever has room may lose it to another worker, but hardly twice.
        for _ in 0..<Self.lostPlacesMax {
            let place: Selection.Place
            switch try await findPlace(admission, gate) {
            case .granted(let found): place = found
            case .refused(let failed): return .refused(failed)
            }
            if let found = try await gate.admit(place, traits) { return found }
        }
        return .refused(
            FailedAnswer(.rateLimited, .noRoom(model: request.model ?? "", retryAfter: 1))
        )
    }

    private static let lostPlacesMax = 4

    /// A place at once where there is one, which is nearly always.
    private func findPlace(
        _ admission: Admission,
        _ gate: LimitGate
    ) async throws(RequestFailure) -> Grant<Selection.Place> {
        let place: Selection.Place
        switch admission.placeAtOnce(traits) {
        case .granted(let found): place = found
        case .refused(let failed): return .refused(failed)
        case nil:
            try await gate.admitCaller()
            switch try await admission.wait(traits) {
            case .granted(let found): place = found
            case .refused(let failed): return .refused(failed)
            }
        }
        guard request.isOutOfTime else { return .granted(place) }
        finish(place, .unused)
        return .refused(FailedAnswer(.timeout, request.deadlineError))
    }

    private var mayWaitForCooldown: Bool {
        (request.wishes.retries ?? group.candidates.policy.retry.count) > 0
            && !forwarder.hasFallback(.rateLimited, isLastOfStop: isLastOfStop)
    }

    private func attempt(_ place: Selection.Place) async throws(RequestFailure) -> FailedAnswer? {
        var outcome = AttemptOutcome.abandoned
        let before = request.attempts
        defer {
            finish(place, outcome)
            request.settleDeployment(outcome, wasTried: request.attempts > before)
        }
        let attempt: Attempt
        switch makeAttempt(place) {
        case .granted(let made): attempt = made
        case .refused(let failed): return failed
        }
        if request.globalPlace == nil, request.snapshot.globalParallelMax != nil {
            switch try await GlobalPlace.take(request, context) {
            case .granted(let taken): request.globalPlace = taken
            case .refused(let failed): return failed
            }
        }
        if request.attempts == 0 {
            _ = context.board.countAttempt(isRetry: false, at: context.moment)
        }
        request.attempts += 1
        let failed = try await attempt.run()
        let result = request.outcome(failed)
        // What another base or key comes to says nothing of the endpoint.
        if !attempt.isClients, failed?.isTargetless != true { outcome = result }
        return failed
    }

    private func makeAttempt(_ place: Selection.Place) -> Grant<Attempt> {
        let index = Int(place.deployment)
        let deployment = request.table.deployment(index, scanner: context.scanner)
        guard let target = deployment.target(resolved.match) else {
            return .refused(.targetless(.unknownModel(request.model)))
        }
        if let error = target.deployment.refusal(model: request.model ?? "") {
            return .refused(.targetless(error))
        }
        let endpoint = group.endpoint(place.slot)
        request.endpointLabel = endpoint?.label ?? ""
        return .granted(
            Attempt(
                context: context,
                request: request,
                input: input,
                target: target,
                // Another region's is not where the table's endpoint is.
                address: target.deployment === deployment
                    || target.deployment.origin == deployment.origin ? endpoint?.address : nil,
                overrides: overrides
            )
        )
    }

    private func finish(_ place: Selection.Place, _ outcome: AttemptOutcome) {
        let candidates = group.shared
        let effect = context.board.finish(
            place,
            outcome,
            in: candidates.group,
            of: group.model,
            at: context.moment
        )
        if let shared = effect.shared { context.shared.fleet.post(shared) }
        guard effect.cooldownMS != nil, case .failure(let failure) = outcome else { return }
        context.telemetry.countCooldown(request, status: failure.status)
    }

    // MARK: - What next

    /// - Returns: how long to wait before the next attempt, in milliseconds; nil when the group has
    ///   failed.
    private func decide(after failed: FailedAnswer, _ place: Selection.Place) -> UInt64? {
        let kind = failed.failure.kind
        situation.deployment = group.candidates.retries[place.deployment]
        situation.hasUntried = context.board.withRouting {
            $0.hasUntried(group.candidates, traits, at: context.moment)
        }
        situation.hasOther = group.candidates.candidates.count > 1
        situation.hasFallback = forwarder.hasFallback(kind, isLastOfStop: isLastOfStop)
        situation.leftMS = context.moment.milliseconds(until: request.deadline.nanoseconds)
        let decision = group.candidates.policy.retry.decide(
            failed.failure,
            situation,
            using: &context.scratch.generator
        )
        guard case .again(let afterMS, let costs) = decision else { return nil }
        if costs {
            // Nothing was sent that a retry would add to.
            let isFree = failed.failure.sentNothing
            guard isFree || context.board.countAttempt(isRetry: true, at: context.moment) else {
                context.telemetry.shard.countSpentRetryBudget()
                return nil
            }
            situation.retries += 1
        } else {
            situation.passedOver += 1
        }
        if afterMS > 0 { situation.waits += 1 }
        return afterMS
    }
}

extension RequestTraits {
    /// What of a request matters to the choice among a group's candidates.
    init(
        _ context: WorkerContext,
        _ request: ProxyRequest,
        _ input: RequestInput,
        _ group: ServingGroup,
        _ resolved: ResolvedGroup
    ) {
        let candidates = group.shared
        self.init(request, input.content, input.body, policy: candidates.group.policy)
        pinnedDeployment = resolved.pinnedDeployment.map { Int32($0) }
        guard let region = request.wishes.region else { return }
        // Those that are elsewhere, or nobody knows where, are as good as refused.
        for candidate in group.candidates.candidates {
            let index = Int(candidate.deployment)
            let deployment = request.table.deployment(index, scanner: context.scanner)
            if !deployment.isIn(region: region) {
                refusedDeployments.append(candidate.deployment)
            }
        }
    }

    /// What of a request matters to a group's policy; the costly parts only where it needs them.
    private init(
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
        if failed.failure.isDeploymentsOwn || failed.isTargetless {
            refusedDeployments.append(place.deployment)
        }
    }
}
