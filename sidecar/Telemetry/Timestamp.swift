internal import POSIX

/// Times as RFC 3339 in UTC with milliseconds. The text of a second is made once and kept.
package struct Timestamp {
    private var second: UInt64 = .max
    private var text = ""

    package init() {}

    /// `2026-11-23T20:39:35.012Z` for nanoseconds since 1970.
    package mutating func string(_ nanoseconds: UInt64) -> String {
        let second = nanoseconds / 1_000_000_000
        if second != self.second {
            self.second = second
            text = Self.format(UTCTime(secondsSince1970: second))
        }
        let milliseconds = nanoseconds / 1_000_000 % 1000
        return "\(text).\(Self.padded(milliseconds, 3))Z"
    }

    private static func format(_ time: UTCTime) -> String {
        "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2))"
            + "T\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))"
    }

    private static func padded(_ value: UInt64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
