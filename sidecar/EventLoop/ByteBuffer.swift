internal import Glibc

/// A growing run of bytes at a stable address, so that system calls and parsers can point into it
/// across suspensions.
///
/// There are always `padding` readable bytes behind the last one, as simdjson needs them.
@safe package final class ByteBuffer {
    /// What may be read (not used) beyond `count`.
    package static let padding = 64

    private var base: UnsafeMutableRawPointer
    package private(set) var capacity: Int
    package private(set) var count = 0

    package init(capacity: Int = 512) {
        self.capacity = capacity
        unsafe base = ByteBuffer.allocate(capacity)
    }

    deinit {
        unsafe free(base)
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
        guard let memory = unsafe malloc(capacity + padding) else {
            fatalError("out of memory: lower the limits on connections and bodies")
        }
        unsafe memset(memory + capacity, 0, padding)
        return unsafe memory
    }

    package var isEmpty: Bool { count == 0 }

    /// The bytes, valid until the buffer grows, is cleared or dies.
    package var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: base, count: count)
    }

    /// The bytes, lent for as long as the buffer is not changed.
    package var span: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeBytes: bytes)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes, to change in place.
    package var mutableBytes: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: base, count: count)
    }

    /// Room behind the bytes, at least `count` of it, for a system call to fill.
    package func spare(_ wanted: Int) -> UnsafeMutableRawBufferPointer {
        reserve(wanted)
        return unsafe UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count)
    }

    /// Takes over `added` bytes that were put into `spare`.
    package func grow(by added: Int) {
        precondition(added >= 0 && count + added <= capacity, "more than the spare room was filled")
        count += added
    }

    /// Makes room for `added` more bytes; moves them when there is none.
    @inline(__always)
    package func reserve(_ added: Int) {
        if count + added > capacity { makeRoom(added) }
    }

    @inline(never)
    private func makeRoom(_ added: Int) {
        let wanted = max(count + added, capacity * 2)
        let memory = unsafe ByteBuffer.allocate(wanted)
        unsafe memcpy(memory, base, count)
        unsafe free(base)
        unsafe base = memory
        capacity = wanted
    }

    /// Forgets the bytes, and keeps the memory.
    package func removeAll() {
        count = 0
    }

    /// Drops the first `dropped` bytes.
    package func removeFirst(_ dropped: Int) {
        precondition(dropped <= count, "fewer bytes are there")
        count -= dropped
        unsafe memmove(base, base + dropped, count)
    }

    /// Drops what is behind the first `kept` bytes.
    package func truncate(to kept: Int) {
        precondition(kept <= count, "fewer bytes are there")
        count = kept
    }

    /// Copies bytes, which must not be this buffer's own.
    package func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, unsafe !bytes.isEmpty else { return }
        reserve(bytes.count)
        unsafe memcpy(base + count, start, bytes.count)
        count += bytes.count
    }

    /// Copies another buffer's bytes.
    package func append(_ other: ByteBuffer) {
        unsafe append(other.bytes)
    }

    /// Copies an array's bytes.
    package func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    /// Copies a literal's UTF-8.
    package func append(_ text: StaticString) {
        unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Copies a text's UTF-8.
    package func append(_ text: String) {
        let isDone: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
            unsafe append(UnsafeRawBufferPointer($0))
        }
        if isDone != nil { return }
        var text = text
        text.withUTF8 { unsafe append(UnsafeRawBufferPointer($0)) }
    }

    /// Adds one byte.
    package func append(byte: UInt8) {
        reserve(1)
        unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Adds a number in decimal digits.
    package func append(decimal value: Int) {
        if value < 0 { append(byte: UInt8(ascii: "-")) }
        let magnitude = UInt64(value.magnitude)
        var length = 1
        var bound: UInt64 = 10
        while magnitude >= bound, length < 19 {
            bound *= 10
            length += 1
        }
        var left = magnitude
        appendDigits(length) {
            defer { left /= 10 }
            return UInt8(truncatingIfNeeded: left % 10)
        }
    }

    /// Adds a number that is not negative in lower-case hexadecimal digits.
    package func append(hexadecimal value: Int) {
        var left = UInt64(value)
        appendDigits(max(1, (67 - left.leadingZeroBitCount) / 4)) {
            defer { left >>= 4 }
            return UInt8(truncatingIfNeeded: left & 15)
        }
    }

    /// - Parameter next: the next digit, the last one first.
    @inline(__always)
    private func appendDigits(_ length: Int, _ next: () -> UInt8) {
        reserve(length)
        var place = count + length
        while place > count {
            place -= 1
            let digit = next()
            let character = digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a")
            unsafe base.storeBytes(of: character, toByteOffset: place, as: UInt8.self)
        }
        count += length
    }
}
