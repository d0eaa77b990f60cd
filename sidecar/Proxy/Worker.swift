package import EventLoop
internal import HTTP
internal import OpenAI
internal import RateLimits
internal import Routing
internal import Synchronization
internal import Telemetry
package import Upstream

/// One thread's share of the work: its listeners, its connections, one task for each of them.
package actor Worker {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    private let context: WorkerContext
    private let shared: ProxyShared
    private let shard: MetricsShard
    private let isFirst: Bool
    private var listeners: [Listener] = []
    private var adminListener: Listener?
    private var sessions: [ObjectIdentifier: Session] = [:]
    private var isDraining = false
    private var limitTimer: DeadlineTimer?
    /// Of the first worker only.
    private var healthChecker: HealthChecker?
    /// Of the first worker only.
    private var credentialRefresher: CredentialRefresher?

    /// A connection of a client and the request it is at.
    private final class Session {
        let connection: ServerConnection
        let address: String
        let isAdmin: Bool
        var request: ProxyRequest?

        private var lastPath: [UInt8] = []
        private var lastMatch: EndpointMatch?

        /// What the path stands for; a client's connection asks for the same one again and again.
        func match(_ head: RequestHead) -> EndpointMatch {
            if let lastMatch, head.isPath(lastPath) { return lastMatch }
            let match = EndpointMatch(target: head.pathText)
            lastPath = Array(head.pathText.utf8)
            lastMatch = match
            return match
        }

        init(_ connection: ServerConnection, address: String, isAdmin: Bool) {
            self.connection = connection
            self.address = address
            self.isAdmin = isAdmin
        }
    }

    /// - Parameter number: the worker's place in `shared.shards`.
    package init(
        number: Int,
        loop: EventLoop,
        shared: ProxyShared,
        tls: TLSSettings
    ) {
        self.loop = loop
        self.shared = shared
        isFirst = number == 0
        let shard = shared.shards[number]
        self.shard = shard
        let io = IOContext(
            loop: loop,
            limits: shared.store.current.limits.http,
            budget: shared.budget
        )
        context = WorkerContext(
            number: number,
            io: io,
            shared: shared,
            plain: PlainTransport(context: io, addresses: shared.addresses) {
                shard.upstreamConnections.add($0, ordering: .relaxed)
            },
            secure: CurlTransport(loop: loop, tls: tls) {
                shard.upstreamConnections.add($0, ordering: .relaxed)
            },
            telemetry: WorkerTelemetry(shard: shard, log: shared.accessLog, loop: loop)
        )
    }

    /// Takes connections from these sockets and serves them until it is drained. Blocks: this is
    /// the body of the worker's thread.
    package nonisolated func runLoop(_ sockets: [ListeningSocket], admin: ListeningSocket?) {
        loop.execute {
            self.assumeIsolated { worker in
                do {
                    try worker.listen(sockets, admin: admin)
                } catch {
                    fatalError("a listening socket cannot be watched: \(error)")
                }
            }
        }
        loop.run()
    }

    private func listen(
        _ sockets: [ListeningSocket],
        admin: ListeningSocket?
    ) throws(LoopError) {
        for socket in sockets {
            listeners.append(
                try Listener(loop: loop, socket: socket) { stream, peer in
                    self.accept(stream, peer, isAdmin: false)
                }
            )
        }
        if isFirst {
            startHealthChecks()
            startCredentials()
            context.fleetDesk = FleetDesk(context)
            shared.fleet.onPost { [weak self] in self?.postOutcomes() }
        }
        context.adoptShared()
        beatLimits()
        guard let admin else { return }
        adminListener = try Listener(loop: loop, socket: admin) { stream, peer in
            self.accept(stream, peer, isAdmin: true)
        }
    }

    /// Keeps up the leases that others count on.
    private func beatLimits() {
        // Also takes up a new table where no request does.
        _ = context.currentTable
        context.limitDesk.beat()
        let timer =
            limitTimer
            ?? DeadlineTimer(loop: loop) { [weak self] in
                self?.assumeIsolated { $0.beatLimits() }
            }
        limitTimer = timer
        timer.set(loop.now.advanced(milliseconds: SharedLimiter.beatMS))
    }

    /// What other sidecars are to hear of was posted, on whatever thread.
    private nonisolated func postOutcomes() {
        loop.execute { [weak self] in
            self?.assumeIsolated { $0.context.fleetDesk?.postOutcomes() }
        }
    }

    private func startHealthChecks() {
        let checker = HealthChecker(context: context)
        healthChecker = checker
        Task(executorPreference: loop) { await self.checkHealth() }
    }

    /// Round after round; the lanes of one run side by side.
    private func checkHealth() async {
        guard let healthChecker else { return }
        repeat {
            for _ in 0..<healthChecker.begin() {
                Task(executorPreference: loop) { await self.runHealthLane() }
            }
        } while await healthChecker.rest()
    }

    private func runHealthLane() async { await healthChecker?.work() }

    private func startCredentials() {
        let refresher = CredentialRefresher(context: context)
        credentialRefresher = refresher
        Task(executorPreference: loop) { await self.keepCredentials() }
    }

    /// Has fetches begun as they become due; sources do not wait for each other.
    private func keepCredentials() async {
        guard let credentialRefresher else { return }
        repeat {
            for entry in credentialRefresher.begin() {
                Task(executorPreference: loop) { await self.fetch(entry) }
            }
        } while await credentialRefresher.rest()
    }

    private func fetch(_ entry: CredentialEntry) async { await credentialRefresher?.fetch(entry) }

    /// Has connections refused, closes idle ones, lets the others finish; then ends the loop.
    /// Probes are answered to the end, so that the kubelet sees a pod that drains, not a dead one.
    package func drain() {
        isDraining = true
        healthChecker?.stop()
        for listener in listeners { listener.finish() }
        listeners.removeAll()
        for session in sessions.values where !session.isAdmin { session.connection.drain() }
        endIfDone()
    }

    /// The grace period is over: requests that are still open end with an error.
    package func cut() {
        for session in sessions.values {
            session.request?.cut()
            // Ends a wait for the client, too; what can be written at once still is.
            session.connection.socket.cancel()
        }
    }

    private func endIfDone() {
        guard isDraining, sessions.values.allSatisfy(\.isAdmin) else { return }
        credentialRefresher?.stop()
        context.telemetry.flush()
        context.redis.endPatience()
        context.plain.closeIdle()
        context.secure.closeIdle()
        loop.stop()
    }

    private func accept(_ socket: StreamSocket, _ peer: SocketAddress?, isAdmin: Bool) {
        // Probes and scrapes get through when everything else is full.
        guard isAdmin || sessions.count < context.currentTable.snapshot.limits.connections else {
            socket.close()
            return
        }
        let session = Session(
            ServerConnection(socket: socket, context: context.io),
            address: peer?.host ?? "unix",
            isAdmin: isAdmin
        )
        let id = ObjectIdentifier(session)
        sessions[id] = session
        shard.openConnections.add(1, ordering: .relaxed)
        Task(executorPreference: loop) { await self.serve(id) }
    }

    private func serve(_ id: ObjectIdentifier) async {
        guard let session = sessions[id] else { return }
        let connection = session.connection
        do throws(ServerConnectionError) {
            while try await connection.nextRequest() {
                await answer(session)
                if isDraining, !session.isAdmin { connection.drain() }
                guard connection.staysOpen else { break }
            }
        } catch {
            await ErrorAnswer(context: context).send(error, to: connection)
        }
        await connection.closeAfterAnswer()
        sessions[id] = nil
        shard.openConnections.subtract(1, ordering: .relaxed)
        endIfDone()
    }

    private func answer(_ session: Session) async {
        let table = context.currentTable
        let head = session.connection.head
        let match = session.match(head)
        let request = ProxyRequest(
            connection: session.connection,
            table: table,
            match: match,
            callID: CallID.choose(head.fields, using: &context.scratch.generator),
            startedAt: .now(),
            clientAddress: session.address
        )
        session.request = request
        context.requestsInFlight += 1
        shard.inFlight.add(1, ordering: .relaxed)
        if session.isAdmin && !AdminPaths.serves(match.endpoint) {
            await ErrorAnswer(context: context).send(.answer(.unknownPath), to: request)
        } else {
            await RequestPipeline(context: context).run(request)
        }
        shard.inFlight.subtract(1, ordering: .relaxed)
        context.requestsInFlight -= 1
        session.request = nil
        request.globalPlace = nil
        request.askedAhead = nil
        if let ticket = request.limitTicket { ticket.settle(LimitOutcome(request)) }
        for ticket in request.fallbackTickets { ticket.settle(LimitOutcome(request)) }
        context.telemetry.record(request)
    }
}

/// What the admin listener serves: what the kubelet and scrapers ask for, and nothing that costs.
enum AdminPaths {
    static func serves(_ endpoint: Endpoint) -> Bool {
        switch endpoint {
        case .health, .liveness, .readiness, .metrics, .routingState: true
        default: false
        }
    }
}

/// The name of one call, in logs and headers (LiteLLM §3.6).
enum CallID {
    /// The client's own `x-litellm-call-id` when it is short and printable, else a random UUID.
    static func choose(
        _ fields: HeaderBlock,
        using generator: inout some RandomNumberGenerator
    ) -> String {
        if let sent = fields.string("x-litellm-call-id"), !sent.isEmpty, sent.utf8.count <= 256,
            sent.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        {
            return sent
        }
        return uuid(generator.next(), generator.next())
    }

    /// RFC 9562 §5.4 (version 4).
    private static func uuid(_ high: UInt64, _ low: UInt64) -> String {
        let first = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let second = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return unsafe String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    unsafe text[place] = UInt8(ascii: "-")
                    place += 1
                }
                let word = digit < 16 ? first : second
                let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit & 15))) & 15
                unsafe text[place] = value < 10 ? value + 48 : value + 87
                place += 1
            }
            return 36
        }
    }
}
