internal import EventLoop

/// One host in the cache: its addresses, and how old they are.
struct AddressEntry {
    /// Sorted, each one once, with port 0; what a failed look-up finds stays.
    private(set) var addresses: [SocketAddress] = []
    private(set) var resolvedAt: Instant?
    /// When the last look-up ended, well or not.
    private(set) var askedAt: Instant?
    private(set) var failure: String?
    /// Whether that was this process' own, and nobody else's.
    private(set) var isFailureOwn = false
    /// When anyone last wanted to know.
    private(set) var usedAt = Instant(nanoseconds: 0)
    private(set) var isLookingUp = false
    var waiting: [RemoteSignal] = []
    /// The same addresses with the ports that were asked for; a host seldom has more than one.
    private var forPorts: [(port: UInt16, addresses: [SocketAddress])] = []

    /// How long a failure is believed, which is less than an answer is.
    static let failureMS: UInt64 = 1_000
    private static let portsMax = 16

    /// Notes that somebody wants to know.
    /// - Returns: whether a look-up is to begin: it is time to ask again, or the addresses are
    ///   older than `maxAgeMS`.
    mutating func begin(_ now: Instant, _ refreshMS: UInt64, _ maxAgeMS: UInt64?) -> Bool {
        usedAt = now
        guard !isLookingUp else { return false }
        isLookingUp = isDue(now, refreshMS) || !isFresh(now, maxAgeMS: maxAgeMS)
        return isLookingUp
    }

    private func isDue(_ now: Instant, _ refreshMS: UInt64) -> Bool {
        guard let askedAt else { return true }
        let limitMS = failure == nil ? refreshMS : AddressEntry.failureMS
        return now >= askedAt.advanced(milliseconds: limitMS)
    }

    /// Whether the addresses are no older than a caller wants them at most. Right after a failed
    /// look-up they are as good as can be had.
    func isFresh(_ now: Instant, maxAgeMS: UInt64?) -> Bool {
        guard let maxAgeMS, let askedAt, let resolvedAt else { return true }
        let hasJustFailed =
            failure != nil && now < askedAt.advanced(milliseconds: AddressEntry.failureMS)
        return hasJustFailed || now <= resolvedAt.advanced(milliseconds: maxAgeMS)
    }

    /// Takes what a look-up gave.
    /// - Returns: whether there are other addresses now than before.
    mutating func take(
        _ result: Result<[SocketAddress], SystemResolver.Failure>,
        at now: Instant
    ) -> Bool {
        isLookingUp = false
        askedAt = now
        switch result {
        case .success(let found):
            failure = nil
            resolvedAt = now
            var sorted: [SocketAddress] = []
            for address in found.sorted() where address != sorted.last { sorted.append(address) }
            guard sorted != addresses else { return false }
            addresses = sorted
            forPorts = []
            return true
        case .failure(let failed):
            failure = failed.text
            isFailureOwn = failed.isOwn
            return false
        }
    }

    /// The addresses with a port, made once for each.
    mutating func addresses(port: UInt16) -> [SocketAddress] {
        if let known = forPorts.first(where: { $0.port == port }) { return known.addresses }
        let made = addresses.map { $0.with(port: port) }
        if forPorts.count < AddressEntry.portsMax { forPorts.append((port, made)) }
        return made
    }
}
