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
            text = Self.format(second)
        }
        let milliseconds = nanoseconds / 1_000_000 % 1000
        return "\(text).\(Self.padded(milliseconds, 3))Z"
    }

    private static func format(_ seconds: UInt64) -> String {
        let (year, month, day) = date(days: seconds / 86_400)
        let time = seconds % 86_400
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
            + "T\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))"
    }

    /// The Gregorian date of a day since 1970: eras of 400 years, years that begin in March, so
    /// that the leap day is a year's last.
    private static func date(days: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ value: UInt64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
