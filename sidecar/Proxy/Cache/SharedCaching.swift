internal import EventLoop
internal import ResponseCache
internal import Synchronization
internal import Telemetry

/// The cache as all workers see it.
final class SharedCaching: Sendable {
    let answers: AnswerCache<RemoteSignal>
    private let current = Atomic<UInt64>(0)
    private let isKnown = Atomic<Bool>(false)

    init(bytesMax: Int) {
        answers = AnswerCache(bytesMax: bytesMax)
    }

    /// How often all answers were dropped: a part of their names, so that one whose request began
    /// before is not found after. In a fleet Redis counts.
    var epoch: UInt64 { current.load(ordering: .relaxed) }

    /// Whether Redis has said how often.
    var isEpochKnown: Bool { isKnown.load(ordering: .relaxed) }

    /// Drops all answers of this process.
    func dropAll() {
        current.add(1, ordering: .relaxed)
        answers.removeAll()
    }

    /// Takes over how often the fleet has dropped all answers.
    func adopt(epoch: UInt64) {
        isKnown.store(true, ordering: .relaxed)
        let old = current.exchange(epoch, ordering: .relaxed)
        if old != epoch { answers.removeAll() }
    }

    /// For a scrape.
    var facts: CacheFacts {
        let counts = answers.counts
        var facts = CacheFacts()
        facts.entries = counts.entries
        facts.bytes = counts.bytes
        facts.evictions = counts.evictions
        facts.followers = counts.followers
        facts.stores = counts.stores
        return facts
    }

    /// A leader is back; who waits is told.
    func land(_ flight: Flight, _ landing: Landing) {
        for signal in answers.land(flight, landing) { signal.send() }
    }

    /// One waits no longer; where it was to lead, the next one is told.
    func leave(_ ticket: FlightTicket) {
        for signal in answers.leave(ticket) { signal.send() }
    }
}
