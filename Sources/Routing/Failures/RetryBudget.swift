/// Keeps retries from becoming a storm: a share of the requests of the last ten seconds, and never held
/// below a few a second (after linkerd2-proxy's retry budget).
package struct RetryBudget: Sendable {
    private struct Second {
        var number: UInt64 = .max
        var requests = 0
        var retries = 0
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
        seconds[turn(now)].requests += 1
    }

    /// Counts a retry if there is room for it.
    /// - Returns: false when there is none.
    package mutating func takeRetry(at now: Moment) -> Bool {
        let place = turn(now)
        let first = seconds[place].number >= 9 ? seconds[place].number - 9 : 0
        var requests = 0
        var retries = 0
        for second in seconds where second.number != .max && second.number >= first {
            requests += second.requests
            retries += second.retries
        }
        guard seconds[place].retries < perSecondMin
            || Double(retries) < share * Double(requests)
        else { return false }
        seconds[place].retries += 1
        return true
    }

    private mutating func turn(_ now: Moment) -> Int {
        let number = now.nanoseconds / 1_000_000_000
        let place = Int(number % 10)
        if seconds[place].number != number { seconds[place] = Second(number: number) }
        return place
    }
}
