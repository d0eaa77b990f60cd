internal import AWS
internal import Synchronization

/// How far AWS's clocks are from this machine's, for the whole process. Costs one relaxed load as
/// long as no host has complained.
final class HostClocks: Sendable {
    private let hasOffsets = Atomic<Bool>(false)
    private let offsets = Mutex(ClockOffsets())

    /// Seconds to add to the local time in a signature for a host.
    func offset(of host: String) -> Int {
        hasOffsets.load(ordering: .relaxed) ? offsets.withLock { $0[host] } : 0
    }

    /// Notes what a host's clock showed when it refused a signature for its date.
    /// - Returns: the offset, if that is news.
    func note(_ host: String, serverSeconds: Int, localSeconds: Int) -> Int? {
        let offset = offsets.withLock {
            $0.note(host, serverSeconds: serverSeconds, localSeconds: localSeconds)
        }
        if offset != nil { hasOffsets.store(true, ordering: .relaxed) }
        return offset
    }
}
