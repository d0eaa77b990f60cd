internal import POSIX

/// Points in time as AWS writes them (ISO 8601): `2025-01-15T13:34:56Z`, perhaps with a fraction or
/// an offset such as `+00:00`.
enum Timestamp {
    /// Seconds since 1970, fractions cut off; nil for anything else.
    static func seconds(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40, bytes[4] == UInt8(ascii: "-"),
            bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(bytes[0..<4], 1970...9999),
            let month = number(bytes[5..<7], 1...12),
            let day = number(bytes[8..<10], 1...31),
            let hour = number(bytes[11..<13], 0...23),
            let minute = number(bytes[14..<16], 0...59),
            let second = number(bytes[17..<19], 0...60),
            let offset = offset(bytes[19...])
        else { return nil }
        let days = UTCTime.daysSince1970(year: year, month: month, day: day)
        return ((days * 24 + hour) * 60 + minute) * 60 + second - offset
    }

    private static func number(_ digits: ArraySlice<UInt8>, _ range: ClosedRange<Int>) -> Int? {
        var value = 0
        for digit in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return range.contains(value) ? value : nil
    }

    /// Seconds east of UTC.
    private static func offset(_ tail: ArraySlice<UInt8>) -> Int? {
        var rest = tail
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            guard !digits.isEmpty else { return nil }
            rest = rest.dropFirst(digits.count)
        }
        if rest.count == 1, rest.first == UInt8(ascii: "Z") { return 0 }
        var zone = Array(rest)
        if zone.count == 6, zone[3] == UInt8(ascii: ":") { zone.remove(at: 3) }
        guard zone.count == 5, zone[0] == UInt8(ascii: "+") || zone[0] == UInt8(ascii: "-"),
            let hours = number(zone[1..<3], 0...23), let minutes = number(zone[3..<5], 0...59)
        else { return nil }
        let seconds = (hours * 60 + minutes) * 60
        return zone[0] == UInt8(ascii: "-") ? -seconds : seconds
    }
}
