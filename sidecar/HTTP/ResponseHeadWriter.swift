package import EventLoop

/// Writes a response's head, field by field, into a buffer.
package struct ResponseHeadWriter {
    package let buffer: ByteBuffer

    init(_ buffer: ByteBuffer, status: Int) {
        self.buffer = buffer
        buffer.removeAll()
        buffer.append("HTTP/1.1 ")
        buffer.append(decimal: status)
        buffer.append(byte: 0x20)
        buffer.append(statusText(status))
        buffer.append("\r\n")
    }

    /// A field whose value is known when this is compiled.
    package func field(_ name: StaticString, _ value: StaticString) {
        buffer.append(name)
        buffer.append(": ")
        buffer.append(value)
        buffer.append("\r\n")
    }

    /// A field whose value is a number.
    package func field(_ name: StaticString, _ value: Int) {
        buffer.append(name)
        buffer.append(": ")
        buffer.append(decimal: value)
        buffer.append("\r\n")
    }

    /// Control characters, with which a value could end its line, become spaces.
    package func field(_ name: StaticString, _ value: String) {
        buffer.append(name)
        buffer.append(": ")
        let start = buffer.count
        buffer.append(value)
        let written = unsafe buffer.mutableBytes
        var index = start
        while index < written.count {
            if unsafe written[index] < 0x20 { unsafe written[index] = 0x20 }
            index += 1
        }
        buffer.append("\r\n")
    }

    /// Whole lines, made before.
    package func line(_ bytes: ByteBuffer) {
        buffer.append(bytes)
    }

    /// Whole lines, made before.
    package func line(_ bytes: [UInt8]) {
        buffer.append(bytes)
    }

    /// Nanoseconds as milliseconds with three places.
    package func field(_ name: StaticString, milliseconds nanoseconds: UInt64) {
        let micros = Int(nanoseconds / 1000)
        buffer.append(name)
        buffer.append(": ")
        buffer.append(decimal: micros / 1000)
        buffer.append(byte: UInt8(ascii: "."))
        let fraction = micros % 1000
        if fraction < 100 { buffer.append(byte: UInt8(ascii: "0")) }
        if fraction < 10 { buffer.append(byte: UInt8(ascii: "0")) }
        buffer.append(decimal: fraction)
        buffer.append("\r\n")
    }

    /// A field of a parsed head, as it was, with `prefix` before its name.
    package func field(_ field: HeaderBlock.Field, of block: HeaderBlock, prefix: StaticString = "")
    {
        buffer.append(prefix)
        unsafe buffer.append(block.name(of: field))
        buffer.append(": ")
        unsafe buffer.append(block.value(of: field))
        buffer.append("\r\n")
    }
}
