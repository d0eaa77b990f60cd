internal import CSimdJSON

extension RawSpan {
    /// The byte at a place inside the span.
    package func byte(at offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount, "offset outside the span")
        return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The unsigned integer that at most eight bytes are, the most significant one first.
    package func bigEndian(_ range: Range<Int>) -> UInt64 {
        precondition(range.count <= 8, "more bytes than an integer has")
        var value: UInt64 = 0
        for offset in range { value = value << 8 | UInt64(byte(at: offset)) }
        return value
    }

    /// Part of the span as a text; nil when it is not UTF-8.
    package func validText(_ range: Range<Int>) -> String? {
        let part = extracting(range)
        return unsafe part.withUnsafeBytes { buffer in
            let bytes = unsafe buffer.assumingMemoryBound(to: UInt8.self)
            guard let text = try? unsafe UTF8Span(validating: bytes.span) else { return nil }
            return String(copying: text)
        }
    }

    /// A copy of part of the span.
    package func array(_ range: Range<Int>) -> [UInt8] {
        unsafe withUnsafeBytes { unsafe [UInt8]($0[range]) }
    }

    /// The first place of `byte` in `range`; the range's end when it is not there. As quick as the
    /// C library's memchr.
    package func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "outside the span")
        return unsafe withUnsafeBytes { buffer in
            guard let bytes = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
                return range.upperBound
            }
            return unsafe sg_find_byte(bytes, range.lowerBound, range.upperBound, byte)
        }
    }

    /// Whether the bytes at `range` are `other`.
    package func equals(_ other: [UInt8], at range: Range<Int>) -> Bool {
        guard range.count == other.count, range.upperBound <= byteCount else { return false }
        return unsafe withUnsafeBytes { unsafe $0[range].elementsEqual(other) }
    }
}

extension String {
    /// The UTF-8 bytes, as a span that lives as long as the text is not changed.
    package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get { unsafe utf8Span.span.bytes }
    }
}

extension [UInt8] {
    /// The elements, as a span that lives as long as they are not changed.
    package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get { unsafe span.bytes }
    }

    /// Appends a copy of a span's bytes.
    package mutating func append(contentsOf bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }
}
