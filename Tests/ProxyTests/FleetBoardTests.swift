import Routing
import Synchronization
import Testing

@testable import Proxy

@Suite("What workers have for the fleet")
struct FleetBoardTests {
    private final class Bell: Sendable {
        let rings = Atomic<Int>(0)
    }

    private func outcome(_ number: Int) -> SharedOutcome {
        SharedOutcome(
            RoutingState.EndpointKey(deploymentID: "\(number)", endpoint: ""),
            .recovered
        )
    }

    private func board() -> (FleetBoard, Bell) {
        let (board, bell) = (FleetBoard(), Bell())
        board.onPost { bell.rings.add(1, ordering: .relaxed) }
        return (board, bell)
    }

    @Test("wakes who takes it, once for all that has come")
    func wakes() {
        let (board, bell) = board()
        board.turn(on: true)
        for number in 0..<3 { board.post(outcome(number)) }
        #expect(bell.rings.load(ordering: .relaxed) == 1)
        #expect(board.take() == [outcome(0), outcome(1), outcome(2)])
        #expect(board.take().isEmpty)
        board.post(outcome(3))
        #expect(bell.rings.load(ordering: .relaxed) == 2)
    }

    @Test("is nothing where nothing is shared")
    func off() {
        let (board, bell) = board()
        board.post(outcome(0))
        #expect(bell.rings.load(ordering: .relaxed) == 0 && board.take().isEmpty)
        board.turn(on: true)
        board.post(outcome(0))
        board.turn(on: false)
        #expect(board.take().isEmpty)
    }

    @Test("has a bound")
    func bound() {
        let (board, bell) = board()
        board.turn(on: true)
        for number in 0..<1_500 { board.post(outcome(number)) }
        #expect(board.take().count == 1_000)
        #expect(bell.rings.load(ordering: .relaxed) == 1)
    }
}
