internal import CSimdJSON

/// Reads single values at the places that a scan found.
package enum JSONScalars {
    /// The text of the string at `range` (quotes included) as UTF-8 without escapes; nil when it
    /// holds an escape that JSON does not have, or half a surrogate pair.
    package static func bytes(of document: RawSpan, at range: Range<Int>) -> [UInt8]? {
        guard range.count >= 2, range.upperBound <= document.byteCount else { return nil }
        return unsafe document.withUnsafeBytes { buffer in
            let text = unsafe UnsafeRawBufferPointer(rebasing: buffer[range]).dropFirst().dropLast()
            let source = unsafe UnsafeRawBufferPointer(rebasing: text)
            var isValid = true
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: source.count) { out, count in
                guard let target = out.baseAddress else { return }
                let length = unsafe sg_json_unescape(
                    source.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    source.count,
                    target
                )
                // C's SIZE_MAX arrives as -1.
                isValid = length >= 0
                count = isValid ? length : 0
            }
            return isValid ? bytes : nil
        }
    }

    /// The same as a string.
    package static func string(of document: RawSpan, at range: Range<Int>) -> String? {
        bytes(of: document, at: range).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the string at `range` (quotes included) is `text`, escapes resolved.
    package static func isString(
        _ text: [UInt8],
        in document: RawSpan,
        at range: Range<Int>
    ) -> Bool {
        // An escape is longer than what it stands for, so a shorter string cannot be equal.
        guard range.count - 2 >= text.count, range.upperBound <= document.byteCount else {
            return false
        }
        if range.count - 2 == text.count {
            for index in text.indices {
                if document.byte(at: range.lowerBound + 1 + index) != text[index] { return false }
            }
            return true
        }
        return bytes(of: document, at: range) == text
    }

    /// The whole number at `range`; nil for a fraction, an exponent or what Int64 cannot hold.
    package static func integer(of document: RawSpan, at range: Range<Int>) -> Int64? {
        guard range.upperBound <= document.byteCount else { return nil }
        var position = range.lowerBound
        var isNegative = false
        if position < range.upperBound, document.byte(at: position) == UInt8(ascii: "-") {
            isNegative = true
            position += 1
        }
        guard position < range.upperBound else { return nil }
        var value: Int64 = 0
        while position < range.upperBound {
            let digit = document.byte(at: position) &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            let (sum, isTooLarge) = shifted.subtractingReportingOverflow(Int64(digit))
            guard !isTooLarge else { return nil }
            value = sum
            position += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The number at `range`.
    package static func double(of document: RawSpan, at range: Range<Int>) -> Double? {
        guard range.upperBound <= document.byteCount, range.count <= 400 else { return nil }
        return Double(String(decoding: document.array(range), as: UTF8.self))
    }
}
