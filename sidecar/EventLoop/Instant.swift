internal import CLinux

/// A point on the monotonic clock (CLOCK_MONOTONIC), in nanoseconds.
package struct Instant: Comparable, Hashable, Sendable {
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// The clock, read now.
    package static func now() -> Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// This instant and `milliseconds` more; a huge number gives the end of time.
    package func advanced(milliseconds: UInt64) -> Instant {
        let (added, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = nanoseconds.addingReportingOverflow(added)
        return Instant(nanoseconds: overflow || carry ? .max : sum)
    }

    /// Nanoseconds from `earlier` to this instant, 0 when it is not earlier.
    package func since(_ earlier: Instant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}
