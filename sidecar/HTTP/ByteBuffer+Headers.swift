package import EventLoop

extension ByteBuffer {
    /// Adds header lines, each `name: value\r\n`. Neither may hold a line break: whoever took them
    /// from outside has seen to that.
    package func append(headers: [(name: String, value: String)]) {
        for header in headers {
            append(header.name)
            append(": ")
            append(header.value)
            append("\r\n")
        }
    }
}
