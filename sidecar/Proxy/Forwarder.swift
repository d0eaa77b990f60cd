internal import HTTP
internal import JSON
internal import OpenAI
internal import RouteTable
internal import Routing

/// Leads a request through the model groups that may answer it: those of its name, then those of
/// the fallback rules.
final class Forwarder {
    let context: WorkerContext
    let request: ProxyRequest
    let input: RequestInput
    private var walk: FallbackWalk
    private var stop: FallbackWalk.Stop
    /// The first failure, which is the answer when nothing better comes.
    private var first: FailedAnswer?

    init(context: WorkerContext, request: ProxyRequest, input: RequestInput) {
        self.context = context
        self.request = request
        self.input = input
        walk = FallbackWalk(
            table: request.snapshot.table,
            wishes: request.wishes.walk,
            depthMax: request.snapshot.fallbackDepthMax
        )
        stop = FallbackWalk.Stop(name: request.model ?? "", groups: input.groups)
    }

    func run() async throws(RequestFailure) {
        request.setDeadline()
        repeat {
            if try await serveStop() { return }
        } while try nextStop()
        try await answer()
    }

    // MARK: - One stop

    /// Tries the groups of the stop at hand, in order.
    /// - Returns: whether the client has its answer.
    private func serveStop() async throws(RequestFailure) -> Bool {
        var last: FailureKind?
        for place in stop.groups.indices where walk.enter(stop.groups[place]) {
            if last != nil, request.isOutOfTime { break }
            if stop.depth > 0 || last != nil {
                if let refused = await limits(at: place) {
                    first = first ?? refused
                    last = refused.failure.kind
                    continue
                }
                request.enterFallback(stop.name)
            }
            let attempts = makeAttempts(place)
            guard let failed = try await attempts.run() else { return true }
            first = first ?? failed
            last = failed.failure.kind
            if !failed.failure.kind.isWorthAnotherModel { break }
        }
        if let last, !request.isOutOfTime { walk.plan(after: stop, last) }
        return false
    }

    /// - Returns: why the client's key may not use a group that its request was not for.
    private func limits(at place: Int) async -> FailedAnswer? {
        let group = request.table.group(stop.groups[place].model, context: context)
        return await FallbackLimits(
            context: context,
            request: request,
            input: input,
            overrides: overrides
        ).admit(to: group, by: stop.name)
    }

    /// What the stop at hand replaces in the request's body.
    private var overrides: MemberTexts {
        stop.requestFallback.map { request.wishes.overrides[$0] } ?? .none
    }

    private func makeAttempts(_ place: Int) -> GroupAttempts {
        let resolved = stop.groups[place]
        return GroupAttempts(
            context: context,
            request: request,
            input: input,
            group: request.table.group(resolved.model, context: context),
            resolved: resolved,
            overrides: overrides,
            isLastOfStop: place == stop.groups.count - 1,
            forwarder: self
        )
    }

    /// Whether another group stands by after a failure of the one at hand.
    func hasFallback(_ kind: FailureKind, isLastOfStop: Bool) -> Bool {
        !isLastOfStop && kind.isWorthAnotherModel || walk.hasNext(after: stop, kind)
    }

    // MARK: - The next one

    /// Goes on to the next stop that this client may go to: what it named itself, its key must
    /// allow.
    private func nextStop() throws(RequestFailure) -> Bool {
        if request.isOutOfTime { return false }
        while let next = walk.next() {
            if !next.isRequests || request.mayUse(next) {
                stop = next
                return true
            }
        }
        return false
    }

    private func answer() async throws(RequestFailure) {
        request.providerRequestID = first?.providerRequestID
        switch first?.answer {
        case .upstream(let held): try await HeldRelay(context: context, request: request).send(held)
        case .own(let error): throw .answer(error)
        case nil:
            throw .answer(
                .noDeployment(model: request.model ?? "", retryAfter: 5, isCooldown: false)
            )
        }
    }
}
