import Providers
import RouteTable
import Routing
import Telemetry
import Testing

@testable import Proxy

@Suite("What the fleet is told of endpoints")
struct LoadDeskTests {
    private static let now = Moment(nanoseconds: 1_000_000_000, minute: 7)

    private func hold(
        _ board: RoutingBoard,
        _ id: String,
        _ model: String,
        _ sharing: StrategySharing?
    ) throws -> Int32 {
        let labels = DeploymentLabels(id: id, model: "u", apiBase: "", provider: "p")
        let owner = EndpointOwner(model: model, labels: labels, sharing: sharing)
        return try #require(board.hold(owner, [("", false)], at: Self.now).first)
    }

    @Test(
        "follows the group's strategy",
        arguments: StrategyName.allCases
    )
    func strategies(name: StrategyName) {
        var policy = GroupPolicy()
        policy.strategyName = name
        policy.arguments.latencyTTLMS = 5_000
        policy.arguments.latencySamplesMax = 3
        let expected: StrategySharing? =
            switch name {
            case .leastBusy: .inFlight
            case .latencyBased: .latency(holdMS: 5_000, samplesMax: 3)
            default: nil
            }
        #expect(StrategySharing(policy) == expected)
    }

    @Test("is told once, and of endpoints that are there")
    func once() throws {
        let board = RoutingBoard()
        let shared = try hold(board, "a", "m", .inFlight)
        let other = try hold(board, "b", "m", nil)
        let gone = try hold(board, "c", "m", .inFlight)
        board.release([gone])
        for slot in [shared, other] {
            board.withRouting { routing in
                routing.update(slot) {
                    $0.inFlight = 2
                    $0.unshared.begun = 5
                    $0.unshared.token.add(seconds: 1)
                }
            }
        }
        let first = board.takeUnshared()
        #expect(first.map(\.slot) == [shared])
        #expect(first.first?.inFlight == 2 && first.first?.unshared.begun == 5)
        let second = try #require(board.takeUnshared().first)
        #expect(second.inFlight == 2 && second.unshared == EndpointState.Unshared())
    }

    @Test("is taken up, but not by the endpoint that has the slot now")
    func note() throws {
        let board = RoutingBoard()
        let slot = try hold(board, "a", "m", .inFlight)
        let endpoint = try #require(board.takeUnshared().first)
        var share = FleetShare()
        share.othersInFlight = 3
        board.note([(endpoint, share)])
        #expect(board.withRouting { $0.endpoints[Int(slot)].share.othersInFlight } == 3)
        board.release([slot])
        #expect(try hold(board, "b", "m", .inFlight) == slot)
        board.note([(endpoint, share)])
        #expect(board.withRouting { $0.endpoints[Int(slot)].share } == FleetShare())
    }

    @Test("is of whole groups, the same in each sidecar")
    func wholeGroups() {
        func endpoints(_ model: String, _ count: Int) -> [UnsharedEndpoint] {
            (0..<count).map { number in
                UnsharedEndpoint(
                    slot: Int32(number),
                    key: RoutingState.EndpointKey(deploymentID: "\(model)\(number)", endpoint: ""),
                    model: model,
                    sharing: model == "l" ? .latency(holdMS: 1, samplesMax: 1) : .inFlight,
                    inFlight: 0,
                    unshared: EndpointState.Unshared()
                )
            }
        }
        let most = LoadDesk.endpointsMax
        let counts = [("c", 300), ("a", 700), ("d", 1), ("b", 301), ("l", 5)]
        let all = counts.flatMap { endpoints($0, $1) }
        let groups = LoadDesk.wholeGroups(all.shuffled()) { $0.sharing == .inFlight }
        #expect(groups.map(\.count) == [700, 300])
        #expect(groups.compactMap(\.first?.model) == ["a", "c"])
        #expect(most == 1_000)
        #expect(LoadDesk.wholeGroups(all) { $0.sharing != .inFlight }.map(\.count) == [5])
    }
}
