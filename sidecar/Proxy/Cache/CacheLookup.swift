internal import EventLoop
internal import OpenAI
internal import ResponseCache
internal import Routing
internal import Telemetry

/// Finds a request's answer in the cache, or in the hands of another request that is under way.
final class CacheLookup {
    private let context: WorkerContext
    private let request: ProxyRequest
    private let input: RequestInput
    private let caching: RequestCaching
    private var waiter: Waiter?

    /// - Parameter caching: what `request` has to do with the cache.
    init(
        context: WorkerContext,
        request: ProxyRequest,
        input: RequestInput,
        caching: RequestCaching
    ) {
        self.context = context
        self.request = request
        self.input = input
        self.caching = caching
    }

    private var answers: AnswerCache<RemoteSignal> { context.shared.caching.answers }

    /// - Returns: whether the client has its answer.
    func run() async throws(RequestFailure) -> Bool {
        guard let key = caching.key else { return false }
        caching.result = .miss
        if caching.controls.refusesStored { return false }
        let now = RequestCaching.nowMS
        guard caching.isShareable else {
            let ageMaxMS = caching.controls.ageMaxSeconds.map { UInt64($0) * 1_000 }
            if ageMaxMS == 0 { return false }
            if let answer = answers.find(key, at: now, ageMaxMS: ageMaxMS) {
                try await give(answer, key)
                return true
            }
            return try await giveShared(key, ageMaxMS: ageMaxMS)
        }
        switch answers.begin(key, at: now, signal: makeSignal()) {
        case .take(let answer):
            try await give(answer, key)
            return true
        case .lead(let flight):
            caching.flight = flight
            return try await giveShared(key, ageMaxMS: nil)
        case .wait(let ticket): return try await follow(ticket, key)
        }
    }

    private func makeSignal() -> RemoteSignal {
        let waiter = Waiter(loop: context.loop)
        self.waiter = waiter
        return RemoteSignal(waiter, on: context.loop)
    }

    /// Waits for another one's answer.
    private func follow(
        _ ticket: FlightTicket,
        _ key: CacheKey
    ) async throws(RequestFailure) -> Bool {
        guard let waiter else { return false }
        request.setDeadline()
        request.watch(waiter)
        var verdict = FlightVerdict.wait
        while case .wait = verdict {
            let outcome = await waiter.wait(until: request.deadline)
            do throws(RequestFailure) {
                try request.checkIsWanted()
                verdict = answers.verdict(ticket)
                if case .wait = verdict, outcome == .timedOut {
                    throw RequestFailure.answer(request.deadlineError)
                }
            } catch {
                request.endWatch()
                context.shared.caching.leave(ticket)
                throw error
            }
        }
        request.endWatch()
        switch verdict {
        case .take(let answer):
            try await give(answer, key)
            return true
        case .lead(let flight): caching.flight = flight
        case .goAlone, .wait: break
        }
        return false
    }

    /// Gives what Redis has. Where that is nothing, Redis has been asked about the request's limits
    /// by the same way.
    private func giveShared(
        _ key: CacheKey,
        ageMaxMS: UInt64?
    ) async throws(RequestFailure) -> Bool {
        guard let level = caching.level, let call = level.look(for: caching.name) else {
            return false
        }
        if let first = input.groups.first { limitWishes(first).askAhead(first) }
        let found = await level.find(call, key, ageMaxMS: ageMaxMS)
        try request.checkIsPresent()
        guard let answer = found else { return false }
        request.askedAhead = nil
        caching.adopt(answer, under: key)
        try await give(answer, key, .hitShared)
        return true
    }

    private func limitWishes(_ first: ResolvedGroup) -> LimitWishes {
        LimitWishes(
            context: context,
            request: request,
            input: input,
            group: request.table.group(first.model, context: context)
        )
    }

    private func give(
        _ answer: CachedAnswer,
        _ key: CacheKey,
        _ result: CacheResult = .hitMemory
    ) async throws(RequestFailure) {
        caching.result = result
        caching.tokensServed = answer.tokens
        try await CachedReply(context: context, request: request).send(
            answer,
            key,
            publicModel: caching.publicModel
        )
    }
}
