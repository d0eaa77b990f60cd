internal import EventLoop
internal import JSON
internal import Providers
internal import Routing
internal import Synchronization
internal import Telemetry

/// The process' state of routing, shared by all workers behind one lock: each step holds it for
/// about a microsecond, and so `max_parallel_requests`, half-open endpoints and the retry budget
/// are right across workers (decision 0015).
package final class RoutingBoard: Sendable {
    struct State: Sendable {
        var routing = RoutingState()
        /// Whose endpoint a slot is, by slot.
        var owners: [Int32: EndpointOwner] = [:]
        /// What sidecars tell each other of it, by slot; only where that is something.
        var sharing: [Int32: StrategySharing] = [:]
        /// Why a health check found an endpoint dead, by slot.
        var healthReasons: [Int32: String] = [:]
        /// By model; only those in which somebody waits or waited.
        var queues: [String: WaitQueue] = [:]
        /// All that wait, in whatever queue.
        var waiting = 0
        /// Requests that hold one of the process' own places (`global_max_parallel_requests`).
        var globalInUse = 0
        var global = WaitQueue()
        var nextID: UInt64 = 0
    }

    let state = Mutex(State())

    package init() {}

    /// Reads or changes the state itself: endpoints come and go, health is found, a page is
    /// written.
    func withRouting<R: Sendable>(_ body: (inout RoutingState) -> R) -> R {
        state.withLock { body(&$0.routing) }
    }

    /// The same, with what belongs to it.
    func withState<R: Sendable>(_ body: (inout State) -> R) -> R {
        state.withLock { body(&$0) }
    }

    /// Requests that wait for a place.
    var waitingCount: Int { state.withLock { $0.waiting } }

    /// Holds the slots of a deployment's endpoints.
    /// - Parameter endpoints: addresses and ports, and whether each is new beside others.
    func hold(
        _ owner: EndpointOwner,
        _ endpoints: [(label: String, isNew: Bool)],
        at now: Moment
    ) -> [Int32] {
        state.withLock { state in
            endpoints.map { endpoint in
                let key = RoutingState.EndpointKey(
                    deploymentID: owner.labels.id,
                    endpoint: endpoint.label
                )
                let slot = state.routing.hold(key, isNew: endpoint.isNew, at: now)
                state.owners[slot] = owner
                state.sharing[slot] = owner.sharing
                return slot
            }
        }
    }

    func release(_ slots: [Int32]) {
        state.withLock { state in
            for slot in slots { state.routing.release(slot) }
        }
    }

    /// Notes what a background check found.
    /// - Parameters:
    ///   - key: of the endpoint that was asked: meanwhile the slot may have become another's.
    ///   - ends: until when it is believed, on the monotonic clock.
    func note(
        _ verdict: HealthProbe.Verdict,
        of key: RoutingState.EndpointKey,
        slot: Int32,
        ends: UInt64
    ) {
        state.withLock { state in
            guard state.routing.key(of: slot) == key else { return }
            state.healthReasons[slot] = nil
            switch verdict {
            case .unknown: break
            case .healthy:
                state.routing.update(slot) { endpoint in
                    endpoint.health = .healthy
                    endpoint.healthEnds = ends
                }
            case .unhealthy(let reason):
                state.healthReasons[slot] = reason
                state.routing.update(slot) { endpoint in
                    endpoint.health = .unhealthy
                    endpoint.healthEnds = ends
                }
            }
        }
    }

    /// Why an endpoint is not asked at the moment, for `/health`; nil when it may be.
    func outage(_ slot: Int32, at now: Moment) -> String? {
        state.withLock { state in
            let endpoint = state.routing.endpoints[Int(slot)]
            if endpoint.isCooling(at: now) {
                let seconds = (now.milliseconds(until: endpoint.cooldownEnds) + 999) / 1000
                let whose = endpoint.fleet.isOn ? ", as the fleet says" : ""
                return "cooling down for \(seconds) s\(whose)"
            }
            guard endpoint.isUnhealthy(at: now) else { return nil }
            return state.healthReasons[slot] ?? "the health check failed"
        }
    }

    /// Every endpoint's state as JSON: what `GET /routing/state` says, and `explain --state` takes.
    /// - Parameter time: for people.
    func report(at now: Moment, time: String) -> [UInt8] {
        // Copied under the lock, written outside it.
        let (routing, owners, reasons) = state.withLock { state in
            (state.routing, state.owners, state.healthReasons)
        }
        var writer = JSONWriter()
        RoutingStateJSON(routing, at: now, time: time) { slot in
            (owners[slot]?.model ?? "", reasons[slot])
        }.write(to: &writer)
        return writer.bytes
    }

    /// How the deployments are whose endpoints are known, in the order of their names.
    func deploymentStates(at now: Moment) -> [DeploymentState] {
        let (states, owners, keys) = state.withLock { state in
            let states = state.routing.endpoints
            return (states, state.owners, states.indices.map { state.routing.key(of: Int32($0)) })
        }
        var found: [String: DeploymentState] = [:]
        for (slot, endpoint) in states.enumerated() {
            guard keys[slot] != nil, let owner = owners[Int32(slot)] else { continue }
            let isOut = endpoint.isCooling(at: now) || endpoint.isUnhealthy(at: now)
            var state =
                found[owner.labels.id]
                ?? DeploymentState(
                    labels: owner.labels,
                    level: .healthy,
                    inFlight: 0,
                    endpoints: 0,
                    endpointsOut: 0
                )
            state.endpoints += 1
            state.endpointsOut += isOut ? 1 : 0
            state.inFlight += Int(endpoint.inFlight)
            if isOut || endpoint.isFailing || endpoint.isHalfOpen(at: now) {
                state.level = .partial
            }
            if state.endpointsOut == state.endpoints { state.level = .outage }
            found[owner.labels.id] = state
        }
        return found.values.map { state in
            var state = state
            if state.level == .outage, state.endpointsOut < state.endpoints {
                state.level = .partial
            }
            return state
        }.sorted { $0.labels.id < $1.labels.id }
    }

    // MARK: Places at endpoints

    /// What a worker needs for its choices, kept for its memory.
    struct Scratch {
        var filter = CandidateFilter()
        var generator = FastGenerator()
    }

    /// Chooses a candidate and takes its place.
    /// - Parameter ticket: of one who waits, or is to wait when there is no place. What was
    ///   promised
    ///   is for those who wait already.
    func choose(
        _ group: CandidateGroup,
        of model: String,
        _ traits: RequestTraits,
        at now: Moment,
        _ scratch: inout Scratch,
        ticket: WaitTicket? = nil
    ) -> Selection {
        let (selection, signal) = state.withLock { state -> (Selection, RemoteSignal?) in
            let isLate =
                state.waiting > 0 && ticket?.isQueued != true
                && state.queues[model]?.hasPromised == true
            if isLate, ticket == nil { return (.wait(.room), nil) }
            let selection = state.routing.choose(
                group,
                traits,
                at: now,
                takes: !isLate,
                filter: &scratch.filter,
                using: &scratch.generator
            )
            guard let ticket else { return (selection, nil) }
            return (selection, state.settle(ticket, selection, group, model, traits, at: now))
        }
        signal?.send()
        return selection
    }

    /// Deployments that could be chosen instead of one, the preferred one first.
    func preferences(
        _ group: CandidateGroup,
        _ traits: RequestTraits,
        besides: Int32,
        at now: Moment
    ) -> [Int32] {
        state.withLock { state in
            var scratch = Scratch()
            return state.routing.preferences(
                group,
                traits,
                besides: besides,
                countMax: Self.preferencesMax,
                at: now,
                filter: &scratch.filter,
                using: &scratch.generator
            )
        }
    }

    /// More need not be asked for room: where so many have none, the next request asks others.
    private static let preferencesMax = 16

    /// Gives a place back, with what came of the attempt.
    func finish(
        _ place: Selection.Place,
        _ outcome: AttemptOutcome,
        in group: CandidateGroup,
        of model: String,
        at now: Moment
    ) -> OutcomeEffect {
        let (effect, signal, other) = state.withLock { state in
            let owner = state.owners[place.slot]?.model
            let effect = state.routing.finish(place, outcome, in: group, at: now)
            guard state.waiting > 0 else { return (effect, RemoteSignal?.none, RemoteSignal?.none) }
            // A table that was loaded since may have it in another model.
            let other = owner.flatMap { $0 == model ? nil : state.queues[$0]?.tellNext() }
            return (effect, state.queues[model]?.tellNext(), other)
        }
        signal?.send()
        other?.send()
        return effect
    }

    /// Counts a request's first attempt, or a retry.
    /// - Returns: false for a retry that the budget has no room for.
    func countAttempt(isRetry: Bool, at now: Moment) -> Bool {
        state.withLock { state in
            if isRetry { return state.routing.retryBudget.takeRetry(at: now) }
            state.routing.retryBudget.addRequest(at: now)
            return true
        }
    }

    // MARK: Waiting

    func makeTicket(_ waiter: Waiter, on loop: EventLoop) -> WaitTicket {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return WaitTicket(id: id, signal: RemoteSignal(waiter, on: loop))
    }

    /// One who waits leaves the queue without a place.
    func leave(_ ticket: WaitTicket, model: String) {
        let signal = state.withLock { $0.dequeue(ticket, model: model) }
        signal?.send()
    }

    // MARK: Places of the process

    /// Takes one of the process' own places, or joins the queue for one. What was promised to those
    /// who wait is not free for others.
    /// - Returns: false when `ticket` waits now.
    func takeGlobal(max: Int, ticket: WaitTicket?) -> Bool {
        let (isTaken, signal) = state.withLock { state -> (Bool, RemoteSignal?) in
            let wasWaiting = ticket?.isQueued == true
            if state.globalInUse + (wasWaiting ? 0 : state.global.promised) < max {
                state.globalInUse += 1
                if wasWaiting, let ticket { _ = state.dequeueGlobal(ticket) }
                return (true, nil)
            }
            guard let ticket else { return (false, nil) }
            // Told of a place that its own table does not have; another's may.
            if wasWaiting { return (false, state.global.takeBack(ticket.id, passesOn: true)) }
            ticket.isQueued = true
            state.global.append(ticket.id, ticket.signal)
            state.waiting += 1
            return (false, nil)
        }
        signal?.send()
        return isTaken
    }

    /// One who waits leaves the queue without a place.
    func leaveGlobal(_ ticket: WaitTicket) {
        let signal = state.withLock { state in
            state.dequeueGlobal(ticket) ? state.global.tellNext() : nil
        }
        signal?.send()
    }

    func giveBackGlobal() {
        let signal = state.withLock { state in
            state.globalInUse -= 1
            return state.global.tellNext()
        }
        signal?.send()
    }
}

extension RoutingBoard.State {
    /// - Returns: whether a place had been promised.
    fileprivate mutating func dequeueGlobal(_ ticket: WaitTicket) -> Bool {
        guard ticket.isQueued else { return false }
        ticket.isQueued = false
        waiting -= 1
        return global.remove(ticket.id)
    }

    /// What a choice means for one who waits.
    /// - Returns: who is to be told of a place.
    fileprivate mutating func settle(
        _ ticket: WaitTicket,
        _ selection: Selection,
        _ group: CandidateGroup,
        _ model: String,
        _ traits: RequestTraits,
        at now: Moment
    ) -> RemoteSignal? {
        switch selection {
        case .nothing: return nil
        case .wait:
            guard ticket.isQueued else {
                ticket.isQueued = true
                queues[model, default: WaitQueue()].append(ticket.id, ticket.signal)
                waiting += 1
                return nil
            }
            // A place that this one cannot use may do for the next; one that is gone will not.
            let isForOthers = routing.hasRoom(group, at: now)
            return queues[model]?.takeBack(ticket.id, passesOn: isForOthers)
        case .chosen:
            guard ticket.isQueued else { return nil }
            // Its promise is kept. Where there is more room, as after a cooldown, others may come.
            _ = queues[model]?.takeBack(ticket.id, passesOn: false)
            _ = dequeue(ticket, model: model)
            return routing.hasRoom(group, at: now)
                ? queues[model]?.tellNext() : nil
        }
    }

    /// - Returns: to whom a promise passes that was not kept.
    fileprivate mutating func dequeue(_ ticket: WaitTicket, model: String) -> RemoteSignal? {
        guard ticket.isQueued else { return nil }
        ticket.isQueued = false
        waiting -= 1
        let wasTold = queues[model]?.remove(ticket.id) ?? false
        guard queues[model]?.isEmpty == false else {
            queues[model] = nil
            return nil
        }
        return wasTold ? queues[model]?.tellNext() : nil
    }
}

/// One who waits, as its own task knows it.
final class WaitTicket {
    let id: UInt64
    let signal: RemoteSignal
    /// Whether it stands in a queue. Touched by its task alone.
    var isQueued = false

    init(id: UInt64, signal: RemoteSignal) {
        self.id = id
        self.signal = signal
    }
}

/// Whose endpoint it is.
struct EndpointOwner: Sendable {
    /// The public name of the deployment's group.
    let model: String
    let labels: DeploymentLabels
    /// What sidecars tell each other of it; nil for nothing.
    var sharing: StrategySharing?
}
