internal import POSIX

/// Little-endian integers and byte ranges of a mapped table. Every access is checked against the
/// mapping's bounds, so that a mistake of ours ends the process instead of reading elsewhere.
@safe
struct TableBytes: @unchecked Sendable {
    // Keeps the mapping; nobody can write to it, hence the unchecked Sendable.
    private let region: MappedRegion
    private let base: UnsafeRawPointer?
    let count: Int

    init(_ region: MappedRegion) {
        self.region = region
        let buffer = unsafe region.unsafeBuffer
        unsafe base = buffer.baseAddress
        count = region.count
    }

    func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
        precondition(offset >= 0 && offset <= count - MemoryLayout<T>.size, "read past the table")
        guard let base = unsafe base else { return 0 }
        return T(littleEndian: unsafe base.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    func u8(at offset: Int) -> UInt8 { load(UInt8.self, at: offset) }
    func u16(at offset: Int) -> UInt16 { load(UInt16.self, at: offset) }
    func u32(at offset: Int) -> UInt32 { load(UInt32.self, at: offset) }
    func u64(at offset: Int) -> UInt64 { load(UInt64.self, at: offset) }

    /// A range of bytes; valid as long as the mapping.
    @_lifetime(borrow self)
    func span(_ offset: Int, count length: Int) -> Span<UInt8> {
        let buffer = unsafe buffer(offset, count: length)
        return unsafe _overrideLifetime(Span<UInt8>(_unsafeBytes: buffer), borrowing: self)
    }

    /// A range of bytes, for an owner that lends them for its own lifetime.
    @unsafe
    func buffer(_ offset: Int, count length: Int) -> UnsafeRawBufferPointer {
        precondition(
            length >= 0 && length <= count && offset >= 0 && offset <= count - length,
            "read past the table"
        )
        let start = unsafe base.map { unsafe $0 + offset }
        return unsafe UnsafeRawBufferPointer(start: start, count: length)
    }

    /// Whether all bytes of a range are zero.
    func areZero(_ offset: Int, count length: Int) -> Bool {
        let span = span(offset, count: length)
        for index in span.indices where span[index] != 0 { return false }
        return true
    }

    /// A copy of a range.
    func array(_ offset: Int, count length: Int) -> [UInt8] {
        span(offset, count: length).copied()
    }
}

extension Span where Element == UInt8 {
    /// A copy as an array.
    func copied() -> [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Whether the bytes are the same, eight at a time.
    func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        let (left, right) = unsafe (bytes, other.bytes)
        var index = 0
        while index <= count - 8 {
            let first = unsafe left.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let second = unsafe right.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            if first != second { return false }
            index += 8
        }
        while index < count {
            if self[index] != other[index] { return false }
            index += 1
        }
        return true
    }

    /// Negative, zero or positive, as `memcmp` orders bytes; a prefix comes first.
    func compare(_ other: Span<UInt8>) -> Int {
        let shared = Swift.min(count, other.count)
        var index = 0
        while index < shared {
            if self[index] != other[index] { return Int(self[index]) - Int(other[index]) }
            index += 1
        }
        return count - other.count
    }
}

/// Where a section's records lie.
struct Section: Sendable {
    var offset = 0
    var count = 0
    var stride = 0

    /// The offset of a record; traps when there is none of that index.
    func record(_ index: Int) -> Int {
        precondition(index >= 0 && index < count, "no such record")
        return offset + index * stride
    }
}

/// Where all known sections lie.
struct SectionMap: Sendable {
    private var sections = InlineArray<21, Section>(repeating: Section())

    subscript(kind: SectionKind) -> Section {
        get { sections[Int(kind.rawValue)] }
        set { sections[Int(kind.rawValue)] = newValue }
    }
}
