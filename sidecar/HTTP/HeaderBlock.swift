package import EventLoop
internal import Glibc

/// A parsed header section: its bytes, and where names and values are in them. Used again for the
/// next message, so that a request costs no allocation.
package final class HeaderBlock {
    /// Where one field's name and value are.
    package struct Field: Hashable, Sendable {
        package let nameStart: UInt32
        package let nameCount: UInt32
        package let valueStart: UInt32
        package fileprivate(set) var valueCount: UInt32
    }

    package let buffer = ByteBuffer(capacity: 1024)
    package private(set) var fields: [Field] = []

    package init() {
        fields.reserveCapacity(16)
    }

    /// Forgets the message, and keeps the memory.
    package func removeAll() {
        buffer.removeAll()
        fields.removeAll(keepingCapacity: true)
    }

    /// The same bytes in another block, to be parsed again.
    func copy() -> HeaderBlock {
        let copy = HeaderBlock()
        copy.buffer.append(buffer)
        return copy
    }

    func append(name: Range<Int>) {
        fields.append(
            Field(
                nameStart: UInt32(name.lowerBound),
                nameCount: UInt32(name.count),
                valueStart: UInt32(name.upperBound),
                valueCount: 0
            )
        )
    }

    /// Sets the last field's value, without the white space behind it that llhttp leaves there.
    func setValue(_ value: Range<Int>) {
        guard let last = fields.last else { return }
        var end = value.upperBound
        while end > value.lowerBound, unsafe isBlank(buffer.bytes[end - 1]) { end -= 1 }
        let value = value.lowerBound..<end
        fields[fields.count - 1] = Field(
            nameStart: last.nameStart,
            nameCount: last.nameCount,
            valueStart: UInt32(value.lowerBound),
            valueCount: UInt32(value.count)
        )
    }

    /// The name as it was sent, where it lies.
    package func name(of field: Field) -> UnsafeRawBufferPointer {
        let start = Int(field.nameStart)
        return unsafe UnsafeRawBufferPointer(
            rebasing: buffer.bytes[start..<start + Int(field.nameCount)]
        )
    }

    /// The value without white space around it, where it lies.
    package func value(of field: Field) -> UnsafeRawBufferPointer {
        let start = Int(field.valueStart)
        return unsafe UnsafeRawBufferPointer(
            rebasing: buffer.bytes[start..<start + Int(field.valueCount)]
        )
    }

    /// The name as it was sent.
    package func nameBytes(of field: Field) -> [UInt8] {
        unsafe Array(name(of: field))
    }

    /// The value as it was sent.
    package func valueBytes(of field: Field) -> [UInt8] {
        unsafe Array(value(of: field))
    }

    /// Copies the field, as it was sent, as one line.
    package func appendLine(of field: Field, to lines: ByteBuffer) {
        unsafe lines.append(name(of: field))
        lines.append(": ")
        unsafe lines.append(value(of: field))
        lines.append("\r\n")
    }

    /// Whether the field has this name; `lowercase` must be in lower case.
    package func isNamed(_ field: Field, _ lowercase: StaticString) -> Bool {
        guard Int(field.nameCount) == lowercase.utf8CodeUnitCount else { return false }
        return unsafe strncasecmp(
            pointer(Int(field.nameStart)),
            charPointer(lowercase),
            Int(field.nameCount)
        ) == 0
    }

    /// Whether the field's name begins so; `lowercase` must be in lower case.
    package func hasPrefix(_ field: Field, _ lowercase: StaticString) -> Bool {
        guard Int(field.nameCount) >= lowercase.utf8CodeUnitCount else { return false }
        return unsafe strncasecmp(
            pointer(Int(field.nameStart)),
            charPointer(lowercase),
            lowercase.utf8CodeUnitCount
        ) == 0
    }

    /// Whether a comma-separated value of `lowercase` holds the name of `field`.
    package func lists(_ lowercase: StaticString, nameOf field: Field) -> Bool {
        for list in fields where isNamed(list, lowercase) {
            if unsafe holds(value(of: list), name(of: field)) { return true }
        }
        return false
    }

    /// Whether a field is there whose value begins so; `lowercase` must be in lower case.
    package func value(of field: Field?, hasPrefix lowercase: StaticString) -> Bool {
        guard let field, Int(field.valueCount) >= lowercase.utf8CodeUnitCount else { return false }
        return unsafe strncasecmp(
            pointer(Int(field.valueStart)),
            charPointer(lowercase),
            lowercase.utf8CodeUnitCount
        ) == 0
    }

    /// The first field of this name; `lowercase` must be in lower case.
    package func first(_ lowercase: StaticString) -> Field? {
        for field in fields where isNamed(field, lowercase) { return field }
        return nil
    }

    /// How many fields have this name; `lowercase` must be in lower case.
    package func count(_ lowercase: StaticString) -> Int {
        var count = 0
        for field in fields where isNamed(field, lowercase) { count += 1 }
        return count
    }

    /// The first value of this name as text, undecodable bytes replaced.
    package func string(_ lowercase: StaticString) -> String? {
        guard let field = first(lowercase) else { return nil }
        return unsafe String(decoding: value(of: field), as: UTF8.self)
    }

    /// The first value of a name that is only known at run time; case does not matter.
    package func string(named name: String) -> String? {
        let lowercase = name.lowercased()
        for field in fields where Int(field.nameCount) == lowercase.utf8.count {
            let text = unsafe String(decoding: self.name(of: field), as: UTF8.self)
            if text.lowercased() == lowercase {
                return unsafe String(decoding: value(of: field), as: UTF8.self)
            }
        }
        return nil
    }

    /// Whether a comma-separated value of this name holds `token`, whatever its case.
    package func hasToken(_ lowercase: StaticString, _ token: StaticString) -> Bool {
        for field in fields where isNamed(field, lowercase) {
            let bytes = unsafe UnsafeRawBufferPointer(
                start: token.utf8Start,
                count: token.utf8CodeUnitCount
            )
            if unsafe holds(value(of: field), bytes) { return true }
        }
        return false
    }

    /// Whether the first value of this name is `text`, whatever its case.
    func isExactly(_ lowercase: StaticString, _ text: StaticString) -> Bool {
        guard let field = first(lowercase), Int(field.valueCount) == text.utf8CodeUnitCount else {
            return false
        }
        return unsafe strncasecmp(
            pointer(Int(field.valueStart)),
            charPointer(text),
            text.utf8CodeUnitCount
        ) == 0
    }

    private func holds(
        _ value: UnsafeRawBufferPointer,
        _ token: UnsafeRawBufferPointer
    ) -> Bool {
        guard let wanted = unsafe token.assumingMemoryBound(to: CChar.self).baseAddress else {
            return false
        }
        var start = 0
        while start < value.count {
            var end = start
            while end < value.count, unsafe value[end] != 0x2C { end += 1 }
            var from = start
            var to = end
            while from < to, unsafe isBlank(value[from]) { from += 1 }
            while to > from, unsafe isBlank(value[to - 1]) { to -= 1 }
            if to - from == token.count, let base = value.baseAddress {
                let part = unsafe (base + from).assumingMemoryBound(to: CChar.self)
                if unsafe strncasecmp(part, wanted, to - from) == 0 { return true }
            }
            start = end + 1
        }
        return false
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private func pointer(_ offset: Int) -> UnsafePointer<CChar> {
        guard let base = unsafe buffer.bytes.baseAddress else {
            fatalError("a field lies in the buffer's bytes")
        }
        return unsafe (base + offset).assumingMemoryBound(to: CChar.self)
    }

    private func charPointer(_ text: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
