internal import EventLoop
internal import OpenAI
internal import Routing
internal import Telemetry

/// One of the process' own places (`global_max_parallel_requests`), for as long as a request is
/// served.
final class GlobalPlace {
    private let board: RoutingBoard

    private init(_ board: RoutingBoard) {
        self.board = board
    }

    deinit {
        board.giveBackGlobal()
    }

    /// Takes a place, waiting for one in order of arrival.
    /// - Returns: nil when there is no such limit.
    static func take(
        _ request: ProxyRequest,
        _ context: WorkerContext
    ) async throws(RequestFailure) -> Grant<GlobalPlace?> {
        guard let most = request.snapshot.globalParallelMax else { return .granted(nil) }
        if context.board.takeGlobal(max: most, ticket: nil) {
            return .granted(GlobalPlace(context.board))
        }
        let limits = request.snapshot.limits
        let refusal = FailedAnswer.processIsFull(
            .noRoom(model: request.model ?? "", retryAfter: 1)
        )
        guard context.queuedRequests < limits.queuedRequests else {
            context.telemetry.shard.countQueueRejection()
            return .refused(refusal)
        }
        let waiter = Waiter(loop: context.loop)
        let ticket = context.board.makeTicket(waiter, on: context.loop)
        let patience = min(
            request.deadline,
            context.loop.now.advanced(milliseconds: limits.queueMS)
        )
        let begun = Instant.now()
        context.queuedRequests += 1
        request.watch(waiter)
        defer {
            request.endWatch()
            context.queuedRequests -= 1
            context.board.leaveGlobal(ticket)
            request.queuedNS += Instant.now().since(begun)
        }
        while true {
            if context.board.takeGlobal(max: most, ticket: ticket) {
                return .granted(GlobalPlace(context.board))
            }
            let outcome = await waiter.wait(until: patience)
            try request.checkIsWanted()
            if outcome == .timedOut { return .refused(refusal) }
        }
    }
}
