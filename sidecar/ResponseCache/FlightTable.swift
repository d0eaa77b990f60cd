/// A call upstream that requests which are the same wait for together.
package struct Flight: Hashable, Sendable {
    let number: UInt64
    let key: CacheKey
}

/// One request's wait for a flight.
package struct FlightTicket: Hashable, Sendable {
    let flight: UInt64
    let number: UInt64
}

/// How a flight's leader fared.
package enum Landing: Sendable {
    /// This is everybody's answer.
    case answer(CachedAnswer)
    /// It had a good answer that cannot be kept: no other leader's could.
    case notKept
    /// It had no good answer; the next ones may.
    case failed
    /// Its client left, or it ends with the process: that says nothing.
    case abandoned
}

/// What one who waits is to do.
package enum FlightVerdict: Sendable {
    case wait
    case take(CachedAnswer)
    /// Ask upstream, and say how it went.
    case lead(Flight)
    /// Ask upstream; nobody waits for it.
    case goAlone
}

/// Who waits for whose call upstream. A value; its owner locks, and sends the signals it returns.
struct FlightTable<Signal: Sendable> {
    private struct Waiting {
        let signal: Signal
        /// Whether it was told to lead.
        var leads = false
    }

    private struct State {
        /// Nil once it has landed: nobody joins any more.
        var key: CacheKey?
        /// Leaders that are under way.
        var leaders = 1
        /// How many lead at once after the last failure.
        var width = 1
        var waiting: [UInt64: Waiting] = [:]
        /// Numbers in order of arrival; some may have left.
        var order: [UInt64] = []
        var nextInOrder = 0
        var answer: CachedAnswer?
    }

    /// Those that may be joined.
    private var byKey: [CacheKey: UInt64] = [:]
    /// Those that somebody has joined: mostly nobody does.
    private var flights: [UInt64: State] = [:]
    private var last: UInt64 = 0

    /// Nil when nobody is under way with the key: the caller leads.
    mutating func join(
        _ key: CacheKey,
        _ signal: @autoclosure () -> Signal
    ) -> FlightTicket? {
        guard let number = byKey[key] else { return nil }
        last &+= 1
        flights[number, default: State(key: key)].waiting[last] = Waiting(signal: signal())
        flights[number]?.order.append(last)
        return FlightTicket(flight: number, number: last)
    }

    mutating func begin(_ key: CacheKey) -> Flight {
        last &+= 1
        byKey[key] = last
        return Flight(number: last, key: key)
    }

    /// What one who was told, or whose time is over, is to do. All but `wait` ends its wait.
    mutating func verdict(_ ticket: FlightTicket) -> FlightVerdict {
        guard let state = flights[ticket.flight], let own = state.waiting[ticket.number] else {
            return .goAlone
        }
        if let key = state.key {
            if !own.leads { return .wait }
            flights[ticket.flight]?.waiting[ticket.number] = nil
            return .lead(Flight(number: ticket.flight, key: key))
        }
        forget(ticket)
        return state.answer.map { .take($0) } ?? .goAlone
    }

    /// One waits no longer. Where it was told to lead, the next one is.
    mutating func leave(_ ticket: FlightTicket) -> [Signal] {
        guard let state = flights[ticket.flight], let own = state.waiting[ticket.number] else {
            return []
        }
        forget(ticket)
        guard own.leads, let key = state.key else { return [] }
        return land(Flight(number: ticket.flight, key: key), .abandoned)
    }

    /// A leader is back.
    mutating func land(_ flight: Flight, _ landing: Landing) -> [Signal] {
        guard var state = flights[flight.number] else {
            // As mostly: nobody else has wanted it.
            if byKey[flight.key] == flight.number { byKey[flight.key] = nil }
            return []
        }
        guard let key = state.key else { return [] }
        if state.leaders == 1, state.waiting.isEmpty {
            byKey[key] = nil
            flights[flight.number] = nil
            return []
        }
        state.leaders -= 1
        var told: [Signal] = []
        switch landing {
        case .answer(let answer):
            state.answer = answer
            told = end(&state, key)
        case .notKept: told = end(&state, key)
        case .failed, .abandoned:
            if case .failed = landing, state.leaders == 0 {
                state.width = min(state.width * 2, 1 << 20)
            }
            if state.leaders == 0 { told = promote(&state) }
            if state.leaders == 0 { byKey[key] = nil }
        }
        let isOver = state.waiting.isEmpty && (state.key == nil || state.leaders == 0)
        flights[flight.number] = isOver ? nil : state
        return told
    }

    /// - Returns: the signals of all who wait and have not been told yet.
    private mutating func end(_ state: inout State, _ key: CacheKey) -> [Signal] {
        state.key = nil
        byKey[key] = nil
        return state.waiting.values.compactMap { $0.leads ? nil : $0.signal }
    }

    private func promote(_ state: inout State) -> [Signal] {
        var told: [Signal] = []
        while told.count < state.width, state.nextInOrder < state.order.count {
            let number = state.order[state.nextInOrder]
            state.nextInOrder += 1
            guard let waiting = state.waiting[number] else { continue }
            state.waiting[number]?.leads = true
            told.append(waiting.signal)
        }
        state.leaders = told.count
        return told
    }

    private mutating func forget(_ ticket: FlightTicket) {
        flights[ticket.flight]?.waiting[ticket.number] = nil
        guard let state = flights[ticket.flight], state.key == nil, state.waiting.isEmpty else {
            return
        }
        flights[ticket.flight] = nil
    }
}
