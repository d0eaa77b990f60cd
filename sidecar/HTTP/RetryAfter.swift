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
        guard let date = HTTPDate.seconds(text) else { return nil }
        return date > now ? UInt64(min(date - now, 86_400)) * 1000 : 0
    }
}
