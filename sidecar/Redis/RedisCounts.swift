internal import Synchronization

/// What clients have done so far, at one time.
package struct RedisCounts: Hashable, Sendable {
    /// Commands written or queued to be.
    package var sent = 0
    /// Those whose answer came in time, errors included.
    package var answered = 0
    /// Those whose deadline passed.
    package var timedOut = 0
    /// Those that failed at once, since Redis is down or too many wait.
    package var refused = 0
    /// Those whose connection ended before their answer.
    package var lost = 0
    /// Answers that sent a command to another master.
    package var redirected = 0
    /// Connections that were ready to be used.
    package var connected = 0
    /// Times that the circuit breaker opened.
    package var opened = 0
    /// Bytes of commands, and of answers, before TLS.
    package var bytesOut = 0
    package var bytesIn = 0

    package init() {}

    /// Adds another one's.
    package mutating func add(_ other: RedisCounts) {
        sent += other.sent
        answered += other.answered
        timedOut += other.timedOut
        refused += other.refused
        lost += other.lost
        redirected += other.redirected
        connected += other.connected
        opened += other.opened
        bytesOut += other.bytesOut
        bytesIn += other.bytesIn
    }
}

/// Counts what clients of one loop do; others may read it at any time.
package final class RedisCounter: Sendable {
    let sent = Tally()
    let answered = Tally()
    let timedOut = Tally()
    let refused = Tally()
    let lost = Tally()
    let redirected = Tally()
    let connected = Tally()
    let opened = Tally()
    let bytesOut = Tally()
    let bytesIn = Tally()

    package init() {}

    /// How it stands. Any thread.
    package var counts: RedisCounts {
        var counts = RedisCounts()
        counts.sent = sent.value
        counts.answered = answered.value
        counts.timedOut = timedOut.value
        counts.refused = refused.value
        counts.lost = lost.value
        counts.redirected = redirected.value
        counts.connected = connected.value
        counts.opened = opened.value
        counts.bytesOut = bytesOut.value
        counts.bytesIn = bytesIn.value
        return counts
    }

    /// A number that one thread changes. With one writer a load and a store are enough, and cost
    /// less than one step that nobody can come between.
    final class Tally: Sendable {
        private let number = Atomic<Int>(0)

        var value: Int { number.load(ordering: .relaxed) }

        func add(_ count: Int = 1) {
            number.store(number.load(ordering: .relaxed) &+ count, ordering: .relaxed)
        }
    }
}
