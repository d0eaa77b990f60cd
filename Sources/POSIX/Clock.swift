internal import CLinux

/// The machine's clocks.
package enum Clock {
    /// Nanoseconds since some fixed moment; never runs backwards. For durations.
    package static func monotonicNS() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// Nanoseconds since 1970 in UTC; may jump. For what people read.
    package static func wallNS() -> UInt64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        // Fails only for clocks that do not exist.
        _ = unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
