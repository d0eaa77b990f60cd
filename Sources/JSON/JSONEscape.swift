/// Text as a JSON string.
package enum JSONEscape {
    private static let hex = Array("0123456789abcdef".utf8)

    /// Appends `text` in quotes. Only what RFC 8259 demands is escaped: UTF-8 stays as it is.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        // Where the text lies in one piece, which is nearly always, it need not be copied first.
        let isDone: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
            unsafe append($0, to: &bytes)
        }
        if isDone != nil { return }
        var text = text
        text.withUTF8 { unsafe append($0, to: &bytes) }
    }

    /// `text` in quotes.
    package static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 2)
        append(text, to: &bytes)
        return bytes
    }

    private static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        var index = unsafe firstToEscape(in: text, from: 0)
        // Most text has nothing to escape, and is copied in one go.
        if index == text.count { return unsafe appendPlain(text, to: &bytes) }
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        while true {
            unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
            if index == text.count { break }
            unsafe escape(text[index], to: &bytes)
            start = index + 1
            index = unsafe firstToEscape(in: text, from: start)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Adds text without escapes, in quotes, behind one byte and before another: one append, since
    /// each looks anew whether the memory is large enough and nobody else's.
    static func appendPlain(
        _ text: UnsafeBufferPointer<UInt8>,
        before: UInt8? = nil,
        after: UInt8? = nil,
        to bytes: inout [UInt8]
    ) {
        bytes.append(addingCapacity: text.count + 4) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                func put(_ byte: UInt8) {
                    unsafe buffer.initializeElement(at: count, to: byte)
                    count += 1
                }
                if let before { put(before) }
                put(UInt8(ascii: "\""))
                let rest = unsafe UnsafeMutableBufferPointer(rebasing: buffer[count...])
                count += unsafe rest.update(fromContentsOf: text)
                put(UInt8(ascii: "\""))
                if let after { put(after) }
            }
        }
    }

    /// The place of the first byte that cannot stay as it is; the text's end when all can. Eight
    /// bytes at a time.
    private static func firstToEscape(
        in text: UnsafeBufferPointer<UInt8>,
        from start: Int
    ) -> Int {
        var index = start
        let raw = UnsafeRawBufferPointer(text)
        while index + 8 <= text.count {
            let word = unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let marks = bytesToEscape(UInt64(littleEndian: word))
            if marks != 0 { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < text.count, unsafe !isToEscape(text[index]) { index += 1 }
        return index
    }

    private static func isToEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Marks those of eight bytes that are in their top bits: a borrow into one that it did not
    /// have shows that less was there than was taken away. The lowest mark is right; one above it
    /// may be the borrow of another byte.
    private static func bytesToEscape(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let controls = (word &- ones &* 0x20) & ~word
        let found = controls | (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes
        return found & (ones &* 0x80)
    }

    private static func escape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: [UInt8(ascii: "u"), 0x30, 0x30])
            bytes.append(hex[Int(byte >> 4)])
            bytes.append(hex[Int(byte & 15)])
        }
    }
}
