/// How far the clocks of AWS's hosts are from this machine's, as their refusals told. A value; its
/// owner locks.
package struct ClockOffsets: Sendable {
    /// Seconds to add to the local time, by host.
    private var offsets: [String: Int] = [:]
    /// There are as many hosts as a table names; more are a mistake.
    private static let hostsMax = 256

    package init() {}

    /// Seconds to add to the local time for a host; 0 for one that has not complained.
    package subscript(host: String) -> Int { offsets[host] ?? 0 }

    /// Notes what a host's clock showed when it refused a signature for its date.
    /// - Returns: the offset, if it is another one than before by more than a second; nil for no
    ///   news.
    package mutating func note(_ host: String, serverSeconds: Int, localSeconds: Int) -> Int? {
        let offset = serverSeconds - localSeconds
        guard abs(offset - self[host]) > 1 else { return nil }
        if offsets[host] == nil, offsets.count >= Self.hostsMax { offsets.removeAll() }
        offsets[host] = offset
        return offset
    }
}
