internal import EventLoop

/// Which commands a server refuses, so that it is told once when that begins and once when it is
/// over, also where it takes some of them in between, as one with a full memory does.
struct RefusalWatch {
    /// When each was refused last.
    private var refusedAt: [String: Instant] = [:]

    /// How long a command must not have been refused for it to be over, in milliseconds.
    static let calmMS: UInt64 = 10_000

    var isActive: Bool { !refusedAt.isEmpty }

    /// A command was refused.
    /// - Returns: whether none was before.
    mutating func refused(_ name: String, at now: Instant) -> Bool {
        let isNew = refusedAt.isEmpty
        refusedAt[name] = now
        return isNew
    }

    /// A command was taken.
    /// - Returns: whether with it all are.
    mutating func took(_ name: String, at now: Instant) -> Bool {
        guard let last = refusedAt[name],
            now.since(last) >= Self.calmMS * 1_000_000
        else { return false }
        refusedAt[name] = nil
        return refusedAt.isEmpty
    }
}
