internal import Routing
internal import Synchronization

/// What other sidecars are to hear of, from all workers to the desk that speaks for the process.
final class FleetBoard: Sendable {
    private struct State: Sendable {
        var outcomes: [SharedOutcome] = []
        /// Whether anything is shared.
        var isOn = false
        /// Wakes the desk.
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// More are not kept: who has so many is late anyway.
    private static let outcomesMax = 1_000

    /// Passes on what the fleet is to hear of, where it shares anything.
    func post(_ outcome: SharedOutcome) {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.isOn, state.outcomes.count < Self.outcomesMax else { return nil }
            state.outcomes.append(outcome)
            return state.outcomes.count == 1 ? state.wake : nil
        }
        wake?()
    }

    /// What was posted since.
    func take() -> [SharedOutcome] {
        state.withLock { state in
            let outcomes = state.outcomes
            state.outcomes = []
            return outcomes
        }
    }

    /// - Parameter wake: called on any thread when there is something to `take`.
    func onPost(_ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
    }

    /// Whether anything is shared from now on.
    func turn(on isOn: Bool) {
        state.withLock { state in
            state.isOn = isOn
            state.outcomes = []
        }
    }
}
