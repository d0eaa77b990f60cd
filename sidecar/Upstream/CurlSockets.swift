internal import Curl
internal import EventLoop

/// The sockets of one `CurlMulti` on the loop.
///
/// libcurl asks to watch a connection's socket for each transfer and to forget it afterwards. A
/// socket over which a transfer has received is closed through `willClose` alone, so it stays
/// registered until then: the next transfer finds it watched, two system calls saved. Only an event
/// that nobody waits for takes it out, or a level-triggered loop would spin on it.
final class CurlSockets {
    private let loop: EventLoop
    private var entries: [CInt: Entry] = [:]
    private weak var owner: (any CurlSocketOwner)?

    init(loop: EventLoop, owner: any CurlSocketOwner) {
        self.loop = loop
        self.owner = owner
    }

    /// How many are registered.
    var count: Int { entries.count }

    func watch(_ socket: CInt, for interest: CurlInterest) {
        if let entry = entries[socket] {
            entry.wanted = interest
            if interest.isEmpty {
                if !entry.isKept { forget(socket, isOpen: true) }
            } else if interest != entry.registered, let registration = entry.registration {
                do {
                    try loop.modify(socket, readiness(interest), registration)
                    entry.registered = interest
                } catch {
                    // As below: what waits for the socket ends at its deadline.
                    forget(socket, isOpen: true)
                }
            }
            return
        }
        guard !interest.isEmpty else { return }
        let entry = Entry(socket: socket, sockets: self, wanted: interest)
        // Out of memory is the only cause; the transfer then ends at its deadline.
        guard let registration = try? loop.register(socket, readiness(interest), entry) else {
            return
        }
        entry.registration = registration
        entries[socket] = entry
    }

    /// A transfer has received over the socket.
    func keep(_ socket: CInt) {
        entries[socket]?.isKept = true
    }

    /// - Parameter isOpen: whether it stays open, so that epoll must be told.
    func forget(_ socket: CInt, isOpen: Bool) {
        guard let registration = entries.removeValue(forKey: socket)?.registration else { return }
        loop.deregister(registration, fd: isOpen ? socket : nil)
    }

    /// All sockets are closed.
    func forgetAll() {
        for socket in Array(entries.keys) { forget(socket, isOpen: false) }
    }

    private func readiness(_ interest: CurlInterest) -> Readiness {
        var readiness: Readiness = []
        if interest.contains(.readable) { readiness.insert(.readable) }
        if interest.contains(.writable) { readiness.insert(.writable) }
        return readiness
    }

    fileprivate func handle(_ entry: Entry, _ readiness: Readiness) {
        guard !entry.wanted.isEmpty else {
            forget(entry.socket, isOpen: true)
            return
        }
        var interest: CurlInterest = []
        if readiness.contains(.readable) { interest.insert(.readable) }
        if readiness.contains(.writable) { interest.insert(.writable) }
        if !readiness.isDisjoint(with: .broken) { interest.insert(.failed) }
        owner?.ready(entry.socket, interest)
    }

    fileprivate final class Entry: ReadinessHandler {
        let socket: CInt
        var registration: Registration?
        var registered: CurlInterest
        /// What libcurl waits for now; less than `registered` between two transfers.
        var wanted: CurlInterest
        var isKept = false
        private weak var sockets: CurlSockets?

        init(socket: CInt, sockets: CurlSockets, wanted: CurlInterest) {
            self.socket = socket
            self.sockets = sockets
            self.wanted = wanted
            registered = wanted
        }

        func handle(_ readiness: Readiness) {
            sockets?.handle(self, readiness)
        }
    }
}

/// Is told what happens on the sockets.
protocol CurlSocketOwner: AnyObject {
    func ready(_ socket: CInt, _ readiness: CurlInterest)
}
