internal import HTTP
internal import JSON
internal import OpenAI
internal import RouteTable
internal import Routing

/// Leads a request through the model groups that may answer it: those of its name, then those of
/// the fallback rules.
struct Forwarder {
    let context: WorkerContext
    let request: ProxyRequest
    let groups: ResolvedGroups

    func run(_ content: RequestContent, _ body: RequestBody) async throws(RequestFailure) {
        request.setDeadline()
        var walk = FallbackWalk(
            table: request.snapshot.table,
            wishes: request.wishes.walk,
            depthMax: request.snapshot.fallbackDepthMax
        )
        var next: FallbackWalk.Stop? = FallbackWalk.Stop(name: request.model ?? "", groups: groups)
        var first: FailedAnswer?
        while let stop = next {
            guard let failed = try await serve(stop, &walk, content, body) else { return }
            first = first ?? failed.answer
            guard let kind = failed.kind else {
                next = walk.next()
                continue
            }
            if request.isOutOfTime { break }
            walk.plan(after: stop, kind)
            next = try nextStop(&walk)
        }
        try await answer(first)
    }

    /// What came of the groups of one stop.
    private struct Failed {
        /// Nil when all its groups were entered before.
        var kind: FailureKind?
        var answer: FailedAnswer?
    }

    /// - Returns: nil when the client has its answer.
    private func serve(
        _ stop: FallbackWalk.Stop,
        _ walk: inout FallbackWalk,
        _ content: RequestContent,
        _ body: RequestBody
    ) async throws(RequestFailure) -> Failed? {
        var failed = Failed()
        for (place, resolved) in stop.groups.enumerated() where walk.enter(resolved) {
            if failed.kind != nil, request.isOutOfTime { break }
            if stop.depth > 0 || failed.kind != nil { request.enterFallback(stop.name) }
            let isLast = place == stop.groups.count - 1
            let planned = walk
            let attempts = GroupAttempts(
                context: context,
                request: request,
                group: request.table.group(resolved.model, context: context),
                resolved: resolved,
                overrides: stop.requestFallback.map { request.wishes.overrides[$0] } ?? .none,
                hasFallback: { kind in
                    !isLast && kind.isWorthAnotherModel || planned.hasNext(after: stop, kind)
                }
            )
            guard let failure = try await attempts.run(content, body) else { return nil }
            failed.kind = failure.failure.kind
            failed.answer = failed.answer ?? failure
            if !failure.failure.kind.isWorthAnotherModel { break }
        }
        return failed
    }

    /// The next stop that this client may go to: what it named itself, its key must allow.
    private func nextStop(_ walk: inout FallbackWalk) throws(RequestFailure) -> FallbackWalk.Stop? {
        while let stop = walk.next() {
            if stop.requestFallback == nil || request.mayUse(stop) { return stop }
        }
        return nil
    }

    private func answer(_ failed: FailedAnswer?) async throws(RequestFailure) {
        switch failed?.answer {
        case .upstream(let held): try await HeldRelay(context: context, request: request).send(held)
        case .own(let error): throw .answer(error)
        case nil:
            throw .answer(
                .noDeployment(model: request.model ?? "", retryAfter: 5, isCooldown: false)
            )
        }
    }
}
