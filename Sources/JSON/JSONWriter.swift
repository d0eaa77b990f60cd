/// Writes JSON into a byte buffer, without spaces. The caller keeps the nesting right; the commas
/// are the writer's.
package struct JSONWriter {
    /// What was written so far.
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    /// Writes after what `buffer` holds, so that its memory can be used again.
    package init(into buffer: [UInt8] = []) {
        bytes = buffer
    }

    /// Opens an object; keys and values follow until `endObject`.
    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    /// Closes the innermost object.
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    /// Opens an array; values follow until `endArray`.
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    /// Closes the innermost array.
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The key of the value that is written next.
    package mutating func key(_ name: StaticString) {
        name.withUTF8Buffer { name in
            unsafe JSONEscape.appendPlain(
                name,
                before: needsComma ? UInt8(ascii: ",") : nil,
                after: UInt8(ascii: ":"),
                to: &bytes
            )
        }
        needsComma = false
    }

    /// The key of the value that is written next, escaped.
    package mutating func key(_ name: String) {
        separate()
        JSONEscape.append(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A string, escaped where JSON demands it (RFC 8259 §7).
    package mutating func string(_ value: String) {
        separate()
        JSONEscape.append(value, to: &bytes)
        needsComma = true
    }

    /// A string of UTF-8; what is not UTF-8 in it is replaced.
    package mutating func string(utf8 value: [UInt8]) {
        string(String(decoding: value, as: UTF8.self))
    }

    /// A string, or null.
    package mutating func string(_ value: String?) {
        if let value { string(value) } else { null() }
    }

    /// A whole number in decimal digits.
    package mutating func integer(_ value: some BinaryInteger) {
        separate()
        append(decimal: Int64(value), digitsMin: 1)
        needsComma = true
    }

    /// A number with three decimals: `thousandths` is 1,500 for `1.500`. No float, no noise.
    package mutating func thousandths(_ thousandths: UInt64) {
        separate()
        append(decimal: Int64(thousandths / 1000), digitsMin: 1)
        bytes.append(UInt8(ascii: "."))
        append(decimal: Int64(thousandths % 1000), digitsMin: 3)
        needsComma = true
    }

    /// A number; null for what JSON cannot say (infinities, NaN).
    package mutating func double(_ value: Double) {
        value.isFinite ? raw(value.description) : null()
    }

    /// `true` or `false`.
    package mutating func bool(_ value: Bool) { value ? raw("true") : raw("false") }
    /// `null`.
    package mutating func null() { raw("null") }

    /// A value that is JSON already.
    package mutating func raw(_ json: String) {
        separate()
        bytes.append(contentsOf: json.utf8)
        needsComma = true
    }

    /// A value that is JSON already.
    package mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// Members that are JSON already, such as `"a":1,"b":2`; nothing for an empty text.
    package mutating func members(_ json: [UInt8]) {
        if !json.isEmpty { raw(json) }
    }

    /// Ends one of several documents, a line each.
    package mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    /// Forgets what was written, and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// Digit by digit, since a string of each number would be most of a log line's cost.
    private mutating func append(decimal value: Int64, digitsMin: Int) {
        var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
        var rest = value.magnitude
        var first = digits.count
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        first = min(first, digits.count - digitsMin)
        if value < 0 {
            first -= 1
            digits[first] = UInt8(ascii: "-")
        }
        let text = digits.span.extracting(first...)
        unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}
