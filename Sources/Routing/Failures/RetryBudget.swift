/// Keeps retries from becoming a storm: a share of the requests of the last ten seconds, and never
/// held below a few a second (after linkerd2-proxy's retry budget).
package struct RetryBudget: Sendable {
    private struct Second {
        var number: UInt64 = .max
        var counts = Counts()
    }

    /// What the last ten seconds had.
    package struct Counts: Hashable, Sendable {
        package var requests = 0
        package var retries = 0

        /// Nothing.
        package init() {}
    }

    private var seconds = [Second](repeating: Second(), count: 10)
    private let share: Double
    private let perSecondMin: Int

    /// - Parameters:
    ///   - share: of the requests of the last ten seconds.
    ///   - perSecondMin: retries that every second has in any case.
    package init(share: Double = 0.2, perSecondMin: Int = 10) {
        self.share = share
        self.perSecondMin = perSecondMin
    }

    /// Counts a request's first attempt.
    package mutating func addRequest(at now: Moment) {
        seconds[turn(now)].counts.requests += 1
    }

    /// The requests and retries of the last ten seconds.
    package func counts(at now: Moment) -> Counts {
        let last = now.nanoseconds / 1_000_000_000
        let first = last >= 9 ? last - 9 : 0
        var sum = Counts()
        for second in seconds where (first...last).contains(second.number) {
            sum.requests += second.counts.requests
            sum.retries += second.counts.retries
        }
        return sum
    }

    /// Whether there is no room for a retry now.
    package func isSpent(at now: Moment) -> Bool {
        let number = now.nanoseconds / 1_000_000_000
        let this = seconds[Int(number % 10)]
        if this.number != number || this.counts.retries < perSecondMin { return false }
        let sum = counts(at: now)
        return Double(sum.retries) >= share * Double(sum.requests)
    }

    /// Takes over what another process counted, as if it were all of this second.
    package mutating func restore(_ counts: Counts, at now: Moment) {
        seconds[turn(now)].counts = counts
    }

    /// Counts a retry if there is room for it.
    /// - Returns: false when there is none.
    package mutating func takeRetry(at now: Moment) -> Bool {
        if isSpent(at: now) { return false }
        seconds[turn(now)].counts.retries += 1
        return true
    }

    private mutating func turn(_ now: Moment) -> Int {
        let number = now.nanoseconds / 1_000_000_000
        let place = Int(number % 10)
        if seconds[place].number != number { seconds[place] = Second(number: number) }
        return place
    }
}
