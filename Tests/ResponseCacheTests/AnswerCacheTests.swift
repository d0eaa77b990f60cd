import Testing

@testable import ResponseCache

@Suite("Requests that are the same and miss together")
struct AnswerCacheTests {
    private let cache = AnswerCache<Int>(bytesMax: 100_000)

    private func lead(_ number: Int = 1) throws -> Flight {
        guard case .lead(let flight) = begin(number, 0) else { throw Unexpected() }
        return flight
    }

    private func follow(_ signal: Int, key number: Int = 1) throws -> FlightTicket {
        guard case .wait(let ticket) = begin(number, signal) else { throw Unexpected() }
        return ticket
    }

    private func begin(_ number: Int, _ signal: Int) -> AnswerCache<Int>.Beginning {
        cache.begin(key(number), at: 1_000, signal: signal)
    }

    private struct Unexpected: Error {}

    private func word(_ ticket: FlightTicket) -> String {
        switch cache.verdict(ticket) {
        case .wait: "wait"
        case .take: "take"
        case .lead: "lead"
        case .goAlone: "alone"
        }
    }

    @Test("wait for the first one, and have its answer")
    func shared() throws {
        let flight = try lead()
        let tickets = try (1...1_000).map { try follow($0) }
        #expect(tickets.allSatisfy { word($0) == "wait" })
        let told = cache.land(flight, .answer(answer()))
        #expect(told.sorted() == Array(1...1_000))
        #expect(tickets.allSatisfy { word($0) == "take" })
        #expect(cache.counts.followers == 1_000)
        // Nothing is left of the flight: the next one leads again.
        _ = try lead()
    }

    @Test("have the answer of the flight, also where memory keeps none")
    func withoutMemory() throws {
        let cache = AnswerCache<Int>(bytesMax: 0)
        guard case .lead(let flight) = cache.begin(key(1), at: 0, signal: 0),
            case .wait(let ticket) = cache.begin(key(1), at: 0, signal: 1)
        else { throw Unexpected() }
        cache.store(answer(), under: key(1))
        _ = cache.land(flight, .answer(answer()))
        guard case .take = cache.verdict(ticket) else { throw Unexpected() }
    }

    @Test("try again after a failure, twice as many each time")
    func failures() throws {
        var leaders = [try lead()]
        let tickets = try (1...20).map { try follow($0) }
        var led: [Int] = []
        while true {
            let told = leaders.flatMap { cache.land($0, .failed) }
            if told.isEmpty { break }
            led.append(told.count)
            leaders = try told.map { number in
                guard case .lead(let flight) = cache.verdict(tickets[number - 1]) else {
                    throw Unexpected()
                }
                return flight
            }
        }
        #expect(led == [2, 4, 8, 6])
        _ = try lead()
    }

    @Test("have the first answer that one of several leaders brings, also those about to lead")
    func severalLeaders() throws {
        let flight = try lead()
        let tickets = try (1...3).map { try follow($0) }
        #expect(cache.land(flight, .failed) == [1, 2])
        guard case .lead(let second) = cache.verdict(tickets[0]) else { throw Unexpected() }
        #expect(cache.land(second, .answer(answer())) == [3])
        #expect(word(tickets[1]) == "take")
        #expect(word(tickets[2]) == "take")
    }

    @Test("have another leader when the first one's client leaves, and only one")
    func abandoned() throws {
        let flight = try lead()
        let tickets = try (1...3).map { try follow($0) }
        #expect(cache.land(flight, .abandoned) == [1])
        // That one leaves, too, before it has begun.
        #expect(cache.leave(tickets[0]) == [2])
        #expect(word(tickets[1]) == "lead")
        #expect(word(tickets[2]) == "wait")
    }

    @Test("go on by themselves when the answer cannot be kept")
    func notKept() throws {
        let flight = try lead()
        let tickets = try (1...3).map { try follow($0) }
        #expect(cache.land(flight, .notKept).count == 3)
        #expect(tickets.allSatisfy { word($0) == "alone" })
        _ = try lead()
    }

    @Test("that leave are told nothing")
    func leaving() throws {
        let flight = try lead()
        let tickets = try (1...2).map { try follow($0) }
        #expect(cache.leave(tickets[0]).isEmpty)
        #expect(cache.land(flight, .answer(answer())) == [2])
        #expect(word(tickets[0]) == "alone")
        #expect(word(tickets[1]) == "take")
    }

    @Test("do not wait for others")
    func others() throws {
        _ = try lead(1)
        _ = try lead(2)
        let ticket = try follow(1, key: 2)
        #expect(word(ticket) == "wait")
    }

    @Test("find what is in memory, until it is removed")
    func memory() throws {
        let flight = try lead()
        cache.store(answer(), under: key(1))
        #expect(cache.land(flight, .answer(answer())).isEmpty)
        guard case .take = begin(1, 0) else { throw Unexpected() }
        cache.remove(key(1))
        #expect(cache.find(key(1), at: 1_000, ageMaxMS: nil) == nil)
        cache.store(answer(), under: key(1))
        cache.removeAll()
        #expect(cache.find(key(1), at: 1_000, ageMaxMS: nil) == nil)
        #expect(cache.counts.stores == 2)
    }
}
