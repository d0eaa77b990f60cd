internal import POSIX

/// The moment at which a request is signed, to the second, as AWS writes it.
package struct SigningDate: Hashable, Sendable {
    /// `20250115T123456Z`.
    package let text: String

    /// `20250115`.
    package let day: String

    /// A moment in seconds since 1970. One before that is taken as 1970, one after the year 9999
    /// as its last second; no server accepts either.
    package init(secondsSince1970 seconds: Int) {
        let lastSecond = 253_402_300_799
        let time = UTCTime(secondsSince1970: UInt64(min(max(seconds, 0), lastSecond)))
        var digits: [UInt8] = []
        digits.reserveCapacity(16)
        Self.append(time.year, width: 4, to: &digits)
        Self.append(time.month, width: 2, to: &digits)
        Self.append(time.day, width: 2, to: &digits)
        day = String(decoding: digits, as: UTF8.self)
        digits.append(UInt8(ascii: "T"))
        Self.append(time.hour, width: 2, to: &digits)
        Self.append(time.minute, width: 2, to: &digits)
        Self.append(time.second, width: 2, to: &digits)
        digits.append(UInt8(ascii: "Z"))
        text = String(decoding: digits, as: UTF8.self)
    }

    private static func append(_ value: UInt64, width: Int, to digits: inout [UInt8]) {
        var divisor: UInt64 = width == 4 ? 1000 : 10
        while divisor > 0 {
            digits.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
