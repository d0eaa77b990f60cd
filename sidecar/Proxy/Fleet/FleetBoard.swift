internal import Routing
internal import Synchronization

/// What the fleet is to hear of, from all workers to the one that speaks for the process.
final class FleetBoard: Sendable {
    private struct State: Sendable {
        var words: [SharedOutcome] = []
        /// Wakes who listens; nil while nobody does.
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// More are not kept: who has so many is late anyway.
    private static let wordsMax = 1_000

    /// Says something, if anybody listens.
    func say(_ word: SharedOutcome) {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            guard let wake = state.wake, state.words.count < Self.wordsMax else { return nil }
            state.words.append(word)
            return state.words.count == 1 ? wake : nil
        }
        wake?()
    }

    /// - Parameter wake: called on any thread when there is something to `take`; nil: nobody
    ///   listens any more.
    func listen(_ wake: (@Sendable () -> Void)?) {
        state.withLock { state in
            state.wake = wake
            state.words = []
        }
    }

    /// What was said since.
    func take() -> [SharedOutcome] {
        state.withLock { state in
            let words = state.words
            state.words = []
            return words
        }
    }
}
