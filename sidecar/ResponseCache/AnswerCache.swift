internal import Synchronization

/// The first level: answers in the memory of the process, and who waits for whose answer. Shared by
/// all workers; each step is one short time under one lock.
///
/// One for the process, since what one worker has fetched is everybody's, and since the same
/// requests of several workers are to make one call upstream.
package final class AnswerCache<Signal: Sendable>: Sendable {
    private struct State {
        var memory: MemoryLevel
        var flights = FlightTable<Signal>()
        var followers: UInt64 = 0
        var stores: UInt64 = 0
    }

    /// How a request begins.
    package enum Beginning: Sendable {
        case take(CachedAnswer)
        /// Ask upstream, and say how it went.
        case lead(Flight)
        /// Another one asks: wait for the signal, then ask for the verdict.
        case wait(FlightTicket)
    }

    /// What is in memory now, and what happened so far.
    package struct Counts: Hashable, Sendable {
        package var entries = 0
        package var bytes = 0
        package var evictions: UInt64 = 0
        package var followers: UInt64 = 0
        package var stores: UInt64 = 0
    }

    private let state: Mutex<State>

    /// - Parameter bytesMax: of the answers in memory.
    package init(bytesMax: Int) {
        state = Mutex(State(memory: MemoryLevel(bytesMax: bytesMax)))
    }

    /// For a request that leads nobody and follows nobody.
    package func find(_ key: CacheKey, at nowMS: UInt64, ageMaxMS: UInt64?) -> CachedAnswer? {
        state.withLock { $0.memory.find(key, at: nowMS, ageMaxMS: ageMaxMS) }
    }

    /// Looks an answer up, or joins those who wait for it, or is the first of them.
    package func begin(
        _ key: CacheKey,
        at nowMS: UInt64,
        signal: @autoclosure () -> Signal
    ) -> Beginning {
        state.withLock { state in
            if let answer = state.memory.find(key, at: nowMS, ageMaxMS: nil) {
                return .take(answer)
            }
            if let ticket = state.flights.join(key, signal()) {
                state.followers &+= 1
                return .wait(ticket)
            }
            return .lead(state.flights.begin(key))
        }
    }

    /// What one who waits is to do now. All but `wait` ends its wait.
    package func verdict(_ ticket: FlightTicket) -> FlightVerdict {
        state.withLock { $0.flights.verdict(ticket) }
    }

    /// One waits no longer.
    /// - Returns: signals to be sent.
    package func leave(_ ticket: FlightTicket) -> [Signal] {
        state.withLock { $0.flights.leave(ticket) }
    }

    /// A leader is back.
    /// - Returns: signals to be sent.
    package func land(_ flight: Flight, _ landing: Landing) -> [Signal] {
        state.withLock { $0.flights.land(flight, landing) }
    }

    /// Keeps a fresh answer.
    package func store(_ answer: CachedAnswer, under key: CacheKey) {
        state.withLock { state in
            state.memory.store(answer, under: key)
            state.stores &+= 1
        }
    }

    /// Keeps what another level had.
    package func keep(_ answer: CachedAnswer, under key: CacheKey) {
        state.withLock { $0.memory.store(answer, under: key) }
    }

    /// Forgets an answer.
    package func remove(_ key: CacheKey) {
        state.withLock { $0.memory.remove(key) }
    }

    /// Forgets all answers.
    package func removeAll() {
        state.withLock { $0.memory.removeAll() }
    }

    package var counts: Counts {
        state.withLock { state in
            Counts(
                entries: state.memory.count,
                bytes: state.memory.bytes,
                evictions: state.memory.evictions,
                followers: state.followers,
                stores: state.stores
            )
        }
    }
}
