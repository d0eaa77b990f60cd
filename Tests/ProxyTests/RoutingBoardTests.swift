import EventLoop
import Providers
import RouteTable
import Routing
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Proxy

@Suite("The board of routing")
struct RoutingBoardTests {
    private static let now = Moment(nanoseconds: 1_000_000_000, minute: 7)

    private final class Counts: Sendable {
        let most = Atomic(0)
        let inFlight = Atomic(0)
        let served = Atomic(0)
    }

    /// A group of deployments with one endpoint each.
    private func group(
        _ board: RoutingBoard,
        _ count: Int,
        _ parameters: ParameterSet = [:],
        isOrdered: Bool = false
    ) throws -> CandidateGroup {
        var contents = TableContents()
        contents.models = [
            Model(
                name: "m",
                deployments: (0..<count).map {
                    Deployment(
                        id: .explicit("d\($0)"),
                        provider: 1,
                        upstreamModel: .literal("u"),
                        order: isOrdered ? Int16($0) : nil,
                        parameters: parameters
                    )
                }
            )
        ]
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        let values = ReferenceValues([])
        var group = CandidateGroup(
            policy: GroupPolicy(table: table, model: 0, values: values)
        )
        for index in 0..<count {
            let labels = DeploymentLabels(id: "d\(index)", model: "u", apiBase: "", provider: "p")
            let slots = board.hold(
                EndpointOwner(model: "m", labels: labels),
                [("", false)],
                at: Self.now
            )
            group.add(
                deployment: index,
                slots: slots.map { ($0, UInt64($0)) },
                table: table,
                values: values
            )
        }
        return group
    }

    @Test("never has more in flight than there is room, whatever threads ask")
    func room() async throws {
        let board = RoutingBoard()
        let group = try group(board, 2, [.parallelRequestsMax: .integer(3)])
        let counts = Counts()
        await withTaskGroup(of: Void.self) { tasks in
            for seed in 0..<4 {
                tasks.addTask {
                    var scratch = RoutingBoard.Scratch()
                    scratch.generator = FastGenerator(seed: UInt64(seed))
                    for _ in 0..<2_000 {
                        let selection = board.choose(
                            group,
                            of: "m",
                            RequestTraits(),
                            at: Self.now,
                            &scratch
                        )
                        guard case .chosen(let place) = selection else { continue }
                        let count = counts.inFlight.add(1, ordering: .relaxed).newValue
                        _ = counts.most.max(count, ordering: .relaxed)
                        counts.served.add(1, ordering: .relaxed)
                        counts.inFlight.subtract(1, ordering: .relaxed)
                        _ = board.finish(
                            place,
                            .abandoned,
                            in: group,
                            of: "m",
                            at: Self.now
                        )
                    }
                }
            }
        }
        #expect(counts.most.load(ordering: .relaxed) <= 6)
        #expect(counts.served.load(ordering: .relaxed) > 2_000)
        #expect(board.withRouting { $0.endpoints.map(\.inFlight) } == [0, 0])
    }

    @Test("gives a place that comes free to the one who waits, not to one who comes later")
    func promise() async throws {
        let board = RoutingBoard()
        let group = try group(board, 1, [.parallelRequestsMax: .integer(1)])
        try await LoopHarness().run { loop in
            var scratch = RoutingBoard.Scratch()
            func choose(_ ticket: WaitTicket?) -> Selection {
                board.choose(
                    group,
                    of: "m",
                    RequestTraits(),
                    at: Self.now,
                    &scratch,
                    ticket: ticket
                )
            }
            guard case .chosen(let place) = choose(nil) else {
                Issue.record("the first one finds room")
                return
            }
            let waiter = Waiter(loop: loop)
            let ticket = board.makeTicket(waiter, on: loop)
            #expect(choose(ticket) == .wait(.room))
            #expect(board.waitingCount == 1)
            _ = board.finish(place, .abandoned, in: group, of: "m", at: Self.now)
            #expect(choose(nil) == .wait(.room))
            let late = board.makeTicket(Waiter(loop: loop), on: loop)
            #expect(choose(late) == .wait(.room))
            #expect(await waiter.wait(until: nil) == .signalled)
            guard case .chosen = choose(ticket) else {
                Issue.record("the place was promised")
                return
            }
            #expect(!ticket.isQueued)
            #expect(board.waitingCount == 1)
            board.leave(late, model: "m")
            #expect(board.waitingCount == 0)
        }
    }

    @Test("passes a place on to the one who can use it, though others would rather have another")
    func passesOn() async throws {
        let board = RoutingBoard()
        let group = try group(board, 2, [.parallelRequestsMax: .integer(1)], isOrdered: true)
        try await LoopHarness().run { loop in
            var scratch = RoutingBoard.Scratch()
            func choose(_ ticket: WaitTicket?, pinned: Int32? = nil) -> Selection {
                var traits = RequestTraits()
                traits.pinnedDeployment = pinned
                return board.choose(
                    group,
                    of: "m",
                    traits,
                    at: Self.now,
                    &scratch,
                    ticket: ticket
                )
            }
            guard case .chosen = choose(nil), case .chosen(let second) = choose(nil, pinned: 1)
            else {
                Issue.record("both have room")
                return
            }
            let (anyWaiter, onlyWaiter) = (Waiter(loop: loop), Waiter(loop: loop))
            let any = board.makeTicket(anyWaiter, on: loop)
            let only = board.makeTicket(onlyWaiter, on: loop)
            #expect(choose(any) == .wait(.room))
            #expect(choose(only, pinned: 1) == .wait(.room))
            _ = board.finish(second, .abandoned, in: group, of: "m", at: Self.now)
            #expect(await anyWaiter.wait(until: nil) == .signalled)
            // By order it waits for the first one.
            #expect(choose(any) == .wait(.room))
            let soon = loop.now.advanced(milliseconds: 2_000)
            #expect(await onlyWaiter.wait(until: soon) == .signalled)
            guard case .chosen = choose(only, pinned: 1) else {
                Issue.record("the place is free")
                return
            }
            board.leave(any, model: "m")
            #expect(board.waitingCount == 0)
        }
    }

    @Test("bounds the places of the process, in order of arrival")
    func global() async throws {
        let board = RoutingBoard()
        try await LoopHarness().run { loop in
            #expect(board.takeGlobal(max: 1, ticket: nil))
            #expect(!board.takeGlobal(max: 1, ticket: nil))
            let waiter = Waiter(loop: loop)
            let ticket = board.makeTicket(waiter, on: loop)
            #expect(!board.takeGlobal(max: 1, ticket: ticket))
            board.giveBackGlobal()
            #expect(!board.takeGlobal(max: 1, ticket: nil))
            #expect(await waiter.wait(until: nil) == .signalled)
            #expect(board.takeGlobal(max: 1, ticket: ticket))
            board.leaveGlobal(ticket)
            board.giveBackGlobal()
            #expect(board.takeGlobal(max: 1, ticket: nil))
        }
    }

    @Test("keeps a place of the process for the one to whom it was promised, and forgets nobody")
    func globalPromise() async throws {
        let board = RoutingBoard()
        try await LoopHarness().run { loop in
            func makeTicket() -> (Waiter, WaitTicket) {
                let waiter = Waiter(loop: loop)
                return (waiter, board.makeTicket(waiter, on: loop))
            }
            #expect(board.takeGlobal(max: 1, ticket: nil))
            let (firstWaiter, first) = makeTicket()
            #expect(!board.takeGlobal(max: 1, ticket: first))
            board.giveBackGlobal()
            // It comes later, and finds the place free, which is the first one's.
            let (secondWaiter, second) = makeTicket()
            #expect(!board.takeGlobal(max: 1, ticket: second))
            #expect(await firstWaiter.wait(until: nil) == .signalled)
            // A table that was loaded since has less room: the promise cannot be kept now.
            #expect(!board.takeGlobal(max: 0, ticket: first))
            #expect(await secondWaiter.wait(until: nil) == .signalled)
            #expect(board.takeGlobal(max: 1, ticket: second))
            board.giveBackGlobal()
            #expect(await firstWaiter.wait(until: nil) == .signalled)
            #expect(board.takeGlobal(max: 1, ticket: first))
            board.giveBackGlobal()
            #expect(board.waitingCount == 0)
            #expect(board.takeGlobal(max: 1, ticket: nil))
        }
    }

    @Test("tells how deployments are")
    func states() throws {
        let board = RoutingBoard()
        _ = try group(board, 3)
        board.withRouting { routing in
            routing.update(1) { $0.cooldownEnds = Self.now.nanoseconds + 1 }
            routing.update(2) { $0.isFailing = true }
        }
        let states = board.deploymentStates(at: Self.now)
        #expect(states.map(\.labels.id) == ["d0", "d1", "d2"])
        #expect(states.map(\.level) == [.healthy, .outage, .partial])
        #expect(board.outage(0, at: Self.now) == nil)
        #expect(board.outage(1, at: Self.now) == "cooling down for 1 s")
        func note(_ verdict: HealthProbe.Verdict, of id: String = "d0") {
            board.note(
                verdict,
                of: RoutingState.EndpointKey(deploymentID: id, endpoint: ""),
                slot: 0,
                ends: Self.now.nanoseconds + 5
            )
        }
        note(.unhealthy("no connection"))
        #expect(board.outage(0, at: Self.now) == "no connection")
        note(.healthy)
        #expect(board.outage(0, at: Self.now) == nil)
        // The slot was another's when the check began.
        note(.unhealthy("no connection"), of: "gone")
        #expect(board.outage(0, at: Self.now) == nil)
    }
}
