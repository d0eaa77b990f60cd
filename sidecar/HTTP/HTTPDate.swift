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

extension HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate), the one form that
    /// servers send today; nil for anything else.
    package static func seconds(_ text: String) -> Int? {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 6, words[5] == "GMT", let day = Int32(words[1]),
            let month = months.firstIndex(of: String(words[2])), let year = Int32(words[3])
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int32($0) }
        guard clock.count == 3, (1...31).contains(day), (1970...9999).contains(year),
            (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        var parts = unsafe tm()
        unsafe parts.tm_mday = day
        unsafe parts.tm_mon = Int32(month)
        unsafe parts.tm_year = year - 1900
        unsafe parts.tm_hour = clock[0]
        unsafe parts.tm_min = clock[1]
        unsafe parts.tm_sec = clock[2]
        return unsafe timegm(&parts)
    }
}
