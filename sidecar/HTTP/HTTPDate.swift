internal import Glibc
package import EventLoop

/// The `date` field of answers that begin here (RFC 9110 §6.6.1), made once a second.
package final class HTTPDate {
    private var second = 0
    private let line = ByteBuffer(capacity: 64)

    package init() {}

    /// `date: Mon, 23 Nov 2026 21:35:50 GMT\r\n`.
    package func currentLine() -> ByteBuffer {
        var now = time(nil)
        guard now != second else { return line }
        second = now
        var parts = unsafe tm()
        unsafe gmtime_r(&now, &parts)
        // The process never calls setlocale, so the names are the C locale's, which are RFC 9110's.
        var text = [CChar](repeating: 0, count: 48)
        let count = unsafe strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        line.removeAll()
        line.append("date: ")
        line.append(text[..<count].map { UInt8(bitPattern: $0) })
        line.append("\r\n")
        return line
    }
}
