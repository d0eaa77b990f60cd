/// What was used of an endpoint in one minute.
package struct MinuteUse: Hashable, Sendable {
    /// How much of what.
    package struct Counts: Hashable, Sendable {
        /// Requests begun.
        package var requests: Int64 = 0
        package var tokens: Int64 = 0
        /// Attempts that ended, and those of them that failed (LiteLLM §5.4).
        package var attempts: Int64 = 0
        package var failures: Int64 = 0

        /// Nothing.
        package init() {}
    }

    private var minute: UInt64 = 0
    private var counts = Counts()

    /// Nothing used.
    package init() {}

    /// What another process counted.
    package init(_ counts: Counts, at now: Moment) {
        minute = now.minute
        self.counts = counts
    }

    /// What was used in this minute.
    package func counts(at now: Moment) -> Counts {
        minute == now.minute ? counts : Counts()
    }

    /// The tokens used in this minute.
    package func tokens(at now: Moment) -> Int64 { minute == now.minute ? counts.tokens : 0 }
    /// The requests begun in this minute.
    package func requests(at now: Moment) -> Int64 { minute == now.minute ? counts.requests : 0 }

    /// Whether an attempt of this minute failed.
    package func hasFailures(at now: Moment) -> Bool {
        minute == now.minute && counts.failures > 0
    }

    /// Counts a request that begins.
    package mutating func addRequest(at now: Moment) {
        turn(to: now)
        counts.requests += 1
    }

    /// Takes back a request that did not begin.
    package mutating func removeRequest(at now: Moment) {
        if minute == now.minute { counts.requests = max(0, counts.requests - 1) }
    }

    /// Counts tokens of an answer.
    package mutating func add(tokens count: Int64, at now: Moment) {
        turn(to: now)
        counts.tokens += count
    }

    /// Counts an attempt that has ended.
    package mutating func addAttempt(failed: Bool, at now: Moment) {
        turn(to: now)
        counts.attempts += 1
        if failed { counts.failures += 1 }
    }

    private mutating func turn(to now: Moment) {
        if minute != now.minute {
            self = MinuteUse(Counts(), at: now)
        }
    }
}
