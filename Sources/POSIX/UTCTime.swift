/// A moment as the Gregorian calendar and a clock in UTC show it; leap seconds are left out, as in
/// the system's time.
package struct UTCTime: Hashable, Sendable {
    package let year: UInt64
    /// 1 to 12.
    package let month: UInt64
    /// 1 to 31.
    package let day: UInt64
    package let hour: UInt64
    package let minute: UInt64
    package let second: UInt64

    /// The moment so many seconds after 1970 began.
    package init(secondsSince1970 seconds: UInt64) {
        // Eras of 400 years, and years that begin in March, so that the leap day is a year's last.
        let shifted = seconds / 86_400 + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let time = seconds % 86_400
        hour = time / 3600
        minute = time / 60 % 60
        second = time % 60
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar.
    ///
    /// - Parameters:
    ///   - month: 1 to 12.
    ///   - day: 1 to 31; one that the month does not have counts into the next.
    package static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
