/// Bytes in memory that the worker shares: valid until the next suspension, and until the next call
/// on whatever lent them.
///
/// The compiler cannot check that, because a value that comes out of an `await` cannot be tied to
/// its owner; so it is checked by reading, here and where one is made, and whoever gets one uses it
/// at once: copies it, scans it, or hands it to a vector that is written or moved before the next
/// `await` returns.
@safe package struct LoopBytes {
    private let bytes: UnsafeRawBufferPointer

    /// Lends `bytes`, which the caller keeps unchanged until it is asked for more.
    package init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = bytes
    }

    package var count: Int { unsafe bytes.count }

    /// The bytes, to be scanned.
    package var span: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeBytes: bytes)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// A copy, to be kept.
    package var copy: [UInt8] { unsafe Array(bytes) }

    fileprivate func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
    }
}

extension ByteBuffer {
    /// Copies lent bytes.
    package func append(_ lent: LoopBytes) {
        unsafe append(lent.part(0..<lent.count))
    }
}

extension OutputVector {
    /// Points at lent bytes; they must be written, or moved, before they are gone.
    package func append(_ lent: LoopBytes, _ range: Range<Int>? = nil) {
        unsafe append(lent.part(range ?? 0..<lent.count))
    }
}
