internal import Glibc

/// Pieces of memory to be written as one, with a mark of how far that has come (for `writev(2)`).
///
/// The pieces are not copied: whoever appends one keeps it alive and unchanged until it is written,
/// or calls `moveRemainder` first.
@safe package final class OutputVector {
    private var pieces: [iovec] = unsafe []
    /// Arrays that pieces point into.
    private var kept: [[UInt8]] = []
    private var first = 0
    /// Bytes not yet written.
    package private(set) var remaining = 0

    package init() {
        unsafe pieces.reserveCapacity(16)
    }

    package var isEmpty: Bool { remaining == 0 }

    /// Points at bytes.
    package func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, unsafe !bytes.isEmpty else { return }
        let mutable = unsafe UnsafeMutableRawPointer(mutating: start)
        unsafe pieces.append(iovec(iov_base: mutable, iov_len: bytes.count))
        remaining += bytes.count
    }

    /// An empty piece, to be filled in when what follows it is known.
    package func appendPlaceholder() -> Int {
        unsafe pieces.append(iovec(iov_base: nil, iov_len: 0))
        return unsafe pieces.count - 1
    }

    /// Puts bytes into the place of an empty piece.
    package func fill(_ placeholder: Int, _ bytes: UnsafeRawBufferPointer) {
        let mutable = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
        unsafe pieces[placeholder] = unsafe iovec(iov_base: mutable, iov_len: bytes.count)
        remaining += bytes.count
    }

    /// Part of a buffer's bytes.
    package func append(_ buffer: ByteBuffer, _ range: Range<Int>) {
        unsafe append(UnsafeRawBufferPointer(rebasing: buffer.bytes[range]))
    }

    /// Bytes that the vector keeps alive by itself.
    package func append(keeping bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        kept.append(bytes)
        // An array's storage stays where it is for as long as somebody holds the array unchanged.
        unsafe kept[kept.count - 1].withUnsafeBytes { unsafe append($0) }
    }

    /// Points at all of a buffer's bytes.
    package func append(_ buffer: ByteBuffer) {
        unsafe append(buffer.bytes)
    }

    /// Points at a literal.
    package func append(_ text: StaticString) {
        unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Forgets all pieces, written or not.
    package func removeAll() {
        unsafe pieces.removeAll(keepingCapacity: true)
        if !kept.isEmpty { kept.removeAll(keepingCapacity: true) }
        first = 0
        remaining = 0
    }

    /// Copies what is left into `buffer` and points there instead, so that the pieces may change.
    package func moveRemainder(into buffer: ByteBuffer) {
        buffer.removeAll()
        for index in unsafe first..<pieces.count {
            let piece = unsafe pieces[index]
            unsafe buffer.append(
                UnsafeRawBufferPointer(start: piece.iov_base, count: piece.iov_len)
            )
        }
        removeAll()
        append(buffer)
    }

    /// Copies what is left, from `offset` on, as far as there is space.
    /// - Returns: how many bytes.
    package func copy(from offset: Int, into space: UnsafeMutableRawBufferPointer) -> Int {
        guard let target = space.baseAddress else { return 0 }
        var skipped = offset
        var copied = 0
        for index in unsafe first..<pieces.count where copied < space.count {
            let piece = unsafe pieces[index]
            guard let start = unsafe piece.iov_base, unsafe skipped < piece.iov_len else {
                unsafe skipped -= piece.iov_len
                continue
            }
            let count = unsafe min(piece.iov_len - skipped, space.count - copied)
            unsafe memcpy(target + copied, start + skipped, count)
            copied += count
            skipped = 0
        }
        return copied
    }

    /// Writes as much as the descriptor takes.
    /// - Returns: bytes written, or the negative errno.
    func write(to descriptor: CInt) -> Int {
        var written = 0
        while remaining > 0 {
            let count = unsafe min(pieces.count - first, 1024)
            let start = first
            let sent = unsafe pieces.withUnsafeBufferPointer { buffer in
                unsafe writev(descriptor, buffer.baseAddress.map { unsafe $0 + start }, CInt(count))
            }
            if sent < 0 {
                if errno == EINTR { continue }
                return errno == EAGAIN ? written : -Int(errno)
            }
            written += sent
            advance(by: sent)
        }
        return written
    }

    private func advance(by sent: Int) {
        remaining -= sent
        var left = sent
        while left > 0 {
            let length = unsafe pieces[first].iov_len
            if left < length {
                unsafe pieces[first].iov_base += left
                unsafe pieces[first].iov_len -= left
                return
            }
            left -= length
            first += 1
        }
        if remaining == 0 { removeAll() }
    }
}
