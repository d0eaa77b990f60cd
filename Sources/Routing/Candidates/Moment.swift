/// A point in time as routing sees it. Passed in, so that every decision can be tested.
package struct Moment: Hashable, Sendable {
    /// Of the monotonic clock.
    package var nanoseconds: UInt64
    /// Whole minutes since 1970, UTC: the window of `rpm` and `tpm` (LiteLLM §5.2).
    package var minute: UInt64

    /// - Parameters:
    ///   - nanoseconds: of the monotonic clock.
    ///   - minute: since 1970.
    package init(nanoseconds: UInt64, minute: UInt64) {
        self.nanoseconds = nanoseconds
        self.minute = minute
    }

    /// Milliseconds from here to a later point of the monotonic clock; 0 when that is past.
    package func milliseconds(until later: UInt64) -> UInt64 {
        later > nanoseconds ? (later - nanoseconds + 999_999) / 1_000_000 : 0
    }

    /// The monotonic clock this many milliseconds later.
    package func adding(milliseconds: UInt64) -> UInt64 {
        let (added, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = nanoseconds.addingReportingOverflow(added)
        return overflow || carry ? .max : sum
    }
}
