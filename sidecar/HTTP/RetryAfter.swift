internal import Glibc

/// The `retry-after` field (RFC 9110 §10.2.3): seconds, or a date.
package enum RetryAfter {
    /// Milliseconds to wait; 0 for a date that is past, nil for what is neither form.
    /// - Parameter now: seconds since 1970.
    package static func milliseconds(_ text: String, now: Int) -> UInt64? {
        let trimmed = text.split(separator: " ", omittingEmptySubsequences: true)
        if trimmed.count == 1, let seconds = Double(trimmed[0]) {
            // Servers send fractions, too. A day is as good as any longer time.
            guard seconds >= 0, seconds.isFinite else { return nil }
            return UInt64(min(seconds, 86_400) * 1000)
        }
        guard let date = seconds(ofDate: trimmed) else { return nil }
        return date > now ? UInt64(min(date - now, 86_400)) * 1000 : 0
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate), the one form that servers send today.
    private static func seconds(ofDate words: [Substring]) -> Int? {
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
