internal import EventLoop
internal import HTTP
internal import OpenAI
internal import Routing
internal import Telemetry

/// Gets a request a place at one of a group's candidates, waiting for one where that can help.
struct Admission {
    let context: WorkerContext
    let request: ProxyRequest
    let group: ServingGroup
    /// Whether waiting for the end of cooldowns is better than the answer that all cool. Asked only
    /// when they do: what stands by takes a search.
    let waitsForCooldown: () -> Bool

    /// A wait for a cooldown is no longer than this.
    private static let cooldownWaitMaxMS: UInt64 = 60_000

    /// A place without waiting: one that is taken, or why there is none; nil when it is worth
    /// waiting.
    func placeAtOnce(_ traits: RequestTraits) -> Grant<Selection.Place>? {
        switch choose(traits, nil) {
        case .chosen(let place): .granted(place)
        case .nothing(let refusal): .refused(refused(refusal, traits))
        case .wait(let wait): cannotWait(wait).map { .refused($0) }
        }
    }

    /// A place at one deployment, if it can be had at once.
    func place(at deployment: Int32, _ traits: RequestTraits) -> Selection.Place? {
        var pinned = traits
        pinned.pinnedDeployment = deployment
        guard case .chosen(let place) = choose(pinned, nil) else { return nil }
        return place
    }

    private func choose(_ traits: RequestTraits, _ ticket: WaitTicket?) -> Selection {
        let candidates = group.shared
        return context.board.choose(
            candidates.group,
            of: group.model,
            traits,
            at: context.moment,
            &context.scratch,
            ticket: ticket
        )
    }

    // MARK: - Waiting

    /// Why a wait is not worth beginning; nil when it is.
    private func cannotWait(_ wait: Selection.Wait) -> FailedAnswer? {
        switch wait {
        case .room:
            guard context.queuedRequests < request.snapshot.limits.queuedRequests else {
                context.telemetry.shard.countQueueRejection()
                return noRoom()
            }
        case .cooldown(let ends):
            let waitMS = ends == .max ? 0 : context.moment.milliseconds(until: ends)
            let isWorthIt =
                waitsForCooldown() && waitMS <= Self.cooldownWaitMaxMS
                && context.loop.now.advanced(milliseconds: waitMS) < request.deadline
                && context.queuedRequests < request.snapshot.limits.queuedRequests
            if !isWorthIt { return cooling(ends) }
        }
        return nil
    }

    /// Waits for a place in order of arrival.
    /// - Returns: a place that is taken, or why there is none.
    func wait(_ traits: RequestTraits) async throws(RequestFailure) -> Grant<Selection.Place> {
        // Who has the place that this one waits for may wait for one of the process.
        request.globalPlace = nil
        let waiter = Waiter(loop: context.loop)
        let ticket = context.board.makeTicket(waiter, on: context.loop)
        let begun = Instant.now()
        let limit = request.snapshot.limits.queueMS
        let patience = min(request.deadline, context.loop.now.advanced(milliseconds: limit))
        context.queuedRequests += 1
        request.watch(waiter)
        defer {
            request.endWatch()
            context.queuedRequests -= 1
            context.board.leave(ticket, model: group.model)
            request.queuedNS += Instant.now().since(begun)
        }
        while true {
            group.refresh()
            let until: Instant
            let wait: Selection.Wait
            switch choose(traits, ticket) {
            case .chosen(let place): return .granted(place)
            case .nothing(let refusal): return .refused(refused(refusal, traits))
            case .wait(.room):
                wait = .room
                // One that comes out of a cooldown has room, too.
                let end = context.board.withRouting {
                    $0.nextCooldownEnd(group.candidates, at: context.moment)
                }
                until = min(patience, Instant(nanoseconds: end))
            case .wait(.cooldown(let ends)):
                wait = .cooldown(ends: ends)
                let end = Instant(nanoseconds: ends)
                until = min(request.deadline, ends == .max ? patience : max(end, context.loop.now))
            }
            let outcome = await waiter.wait(until: until)
            try request.checkIsWanted()
            if outcome == .timedOut, let failure = inVain(wait, patience) {
                return .refused(failure)
            }
        }
    }

    /// What is to be said when a wait has come to its end; nil when it goes on.
    private func inVain(_ wait: Selection.Wait, _ patience: Instant) -> FailedAnswer? {
        switch wait {
        case .room: return context.loop.now >= patience ? noRoom() : nil
        case .cooldown(let ends):
            let isOver = context.loop.now >= (ends == .max ? patience : request.deadline)
            return isOver ? cooling(ends) : nil
        }
    }

    // MARK: - Why not

    private func noRoom() -> FailedAnswer {
        FailedAnswer(.rateLimited, .noRoom(model: request.model ?? "", retryAfter: 1))
    }

    private func cooling(_ ends: UInt64) -> FailedAnswer {
        let leftMS = ends == .max ? 1_000 : context.moment.milliseconds(until: ends)
        let seconds = max(1, Int((leftMS + 999) / 1_000))
        return FailedAnswer(
            .rateLimited,
            .allCoolingDown(model: request.model ?? "", retryAfter: seconds)
        )
    }

    private func refused(_ refusal: Selection.Refusal, _ traits: RequestTraits) -> FailedAnswer {
        let model = request.model ?? ""
        switch refusal {
        case .tags: return FailedAnswer(.authentication, .tagsDoNotMatch(model: model))
        case .contextWindow:
            return FailedAnswer(
                .contextWindow,
                .contextWindowTooSmall(model: model, tokens: Int(traits.inputTokens))
            )
        case .minuteLimit:
            return FailedAnswer(
                .rateLimited,
                .deploymentLimits(model: model, retryAfter: 60 - context.wallSeconds % 60)
            )
        case .refused where request.wishes.region != nil:
            return FailedAnswer(
                .forbidden,
                .regionNotAllowed(model: model, region: request.wishes.region ?? "")
            )
        case .empty, .refused:
            let error =
                group.unreadiness
                ?? .noDeployment(model: model, retryAfter: 5, isCooldown: false)
            return FailedAnswer(FailureKind(status: error.status), error)
        }
    }
}
