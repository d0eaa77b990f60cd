internal import JSON

/// A number of a JSON document, read where it lies.
///
/// An embedding has thousands: a string of each, for the library to parse, would cost more than
/// all else of the answer. A decimal of at most 15 digits and a power of ten up to 22 are exact as
/// doubles, so one multiplication or division rounds as it should (Clinger, "How to read floating
/// point numbers accurately", 1990).
struct JSONNumber {
    private var isNegative = false
    private var digits: UInt64 = 0
    private var digitCount = 0
    private var exponent = 0
    private let place: Range<Int>

    /// The number at `place`; nil when JSON's grammar has no such number.
    init?(_ document: RawSpan, at place: Range<Int>) {
        self.place = place
        var position = place.lowerBound
        func peek() -> UInt8 {
            position < place.upperBound ? document.byte(at: position) : 0
        }
        if peek() == UInt8(ascii: "-") {
            isNegative = true
            position += 1
        }
        let whole = position
        take(document, &position)
        let wholeCount = position - whole
        guard wholeCount > 0, wholeCount == 1 || document.byte(at: whole) != UInt8(ascii: "0")
        else { return nil }
        if peek() == UInt8(ascii: ".") {
            position += 1
            let fraction = position
            take(document, &position)
            guard position > fraction else { return nil }
            exponent -= position - fraction
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            position += 1
            let isReduced = peek() == UInt8(ascii: "-")
            if isReduced || peek() == UInt8(ascii: "+") { position += 1 }
            var scale = 0
            let first = position
            while peek() &- UInt8(ascii: "0") <= 9 {
                scale = min(scale * 10 + Int(peek() - UInt8(ascii: "0")), 100_000)
                position += 1
            }
            guard position > first else { return nil }
            exponent += isReduced ? -scale : scale
        }
        guard position == place.upperBound else { return nil }
    }

    private mutating func take(_ document: RawSpan, _ position: inout Int) {
        while position < place.upperBound {
            let digit = document.byte(at: position) &- UInt8(ascii: "0")
            guard digit <= 9 else { return }
            position += 1
            if digits == 0, digit == 0 { continue }
            digitCount += 1
            if digitCount <= Self.exactDigitsMax { digits = digits * 10 + UInt64(digit) }
        }
    }

    /// Its value; nil when it is too large for a double.
    func value(_ document: RawSpan) -> Double? {
        guard digitCount <= Self.exactDigitsMax, abs(exponent) < Self.powers.count else {
            guard let value = JSONScalars.double(of: document, at: place), value.isFinite else {
                return nil
            }
            return value
        }
        let power = Self.powers[abs(exponent)]
        let magnitude = exponent < 0 ? Double(digits) / power : Double(digits) * power
        return isNegative ? -magnitude : magnitude
    }

    private static let exactDigitsMax = 15
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}
