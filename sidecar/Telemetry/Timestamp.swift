package import JSON
internal import POSIX

/// Times as RFC 3339 in UTC with milliseconds. The text of a second is made once and kept.
package struct Timestamp {
    private var second: UInt64 = .max
    /// As a JSON string, with the milliseconds of whoever came last.
    private var quoted: [UInt8] = []

    package init() {}

    /// `2026-11-23T20:39:35.012Z` for nanoseconds since 1970.
    package mutating func string(_ nanoseconds: UInt64) -> String {
        set(nanoseconds)
        return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
    }

    /// The same as a JSON string.
    package mutating func write(_ nanoseconds: UInt64, to writer: inout JSONWriter) {
        set(nanoseconds)
        writer.raw(quoted)
    }

    private mutating func set(_ nanoseconds: UInt64) {
        let second = nanoseconds / 1_000_000_000
        if second != self.second {
            self.second = second
            let text = Self.format(UTCTime(secondsSince1970: second))
            quoted = Array("\"\(text).000Z\"".utf8)
        }
        var milliseconds = nanoseconds / 1_000_000 % 1000
        for place in 3...5 {
            quoted[quoted.count - place] = UInt8(ascii: "0") + UInt8(milliseconds % 10)
            milliseconds /= 10
        }
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
