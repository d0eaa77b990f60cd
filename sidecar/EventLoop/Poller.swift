internal import CLinux
internal import Glibc

/// What can happen on a descriptor, as epoll's bits.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Readiness(rawValue: SG_EPOLLIN)
    package static let writable = Readiness(rawValue: SG_EPOLLOUT)
    /// The peer has shut down its writing side.
    package static let peerClosed = Readiness(rawValue: SG_EPOLLRDHUP)
    /// Both sides are gone, or the descriptor failed.
    package static let broken = Readiness(rawValue: SG_EPOLLHUP | SG_EPOLLERR)
    /// Report changes only.
    package static let edgeTriggered = Readiness(rawValue: SG_EPOLLET)
    /// Wake one of several loops that watch the same descriptor.
    package static let exclusive = Readiness(rawValue: SG_EPOLLEXCLUSIVE)
}

/// Something that watches a descriptor. The loop does not keep it alive: whoever made it does, and
/// deregisters it at the latest when it dies.
package protocol ReadinessHandler: AnyObject {
    /// Called on the loop. May register and deregister descriptors, its own too.
    func handle(_ readiness: Readiness)
}

/// Names a registration; stays unambiguous when the descriptor's number is used again.
package struct Registration: Hashable, Sendable {
    fileprivate let slot: UInt32
    fileprivate let generation: UInt32
}

/// epoll with registrations that cannot be mistaken for one another: an event that was already
/// fetched when its descriptor was closed finds a newer generation in its slot and is dropped.
@safe final class Poller {
    private struct Slot {
        weak var handler: (any ReadinessHandler)?
    }

    private let descriptor: CInt
    private var slots: [Slot] = []
    /// By slot; apart from them, since to look at one would copy the weak reference with it.
    private var generations: [UInt32] = []
    private var freeSlots: [UInt32] = []
    private var events: [epoll_event]

    init() throws(LoopError) {
        descriptor = epoll_create1(SG_EPOLL_CLOEXEC)
        guard descriptor >= 0 else { throw LoopError(call: "epoll_create1") }
        unsafe events = unsafe Array(repeating: epoll_event(), count: 256)
    }

    deinit {
        close(descriptor)
    }

    func register(
        _ fd: CInt,
        _ interest: Readiness,
        _ handler: any ReadinessHandler
    ) throws(LoopError) -> Registration {
        if freeSlots.isEmpty {
            freeSlots.append(UInt32(slots.count))
            slots.append(Slot())
            generations.append(0)
        }
        let slot = freeSlots[freeSlots.count - 1]
        let registration = Registration(slot: slot, generation: generations[Int(slot)])
        guard control(EPOLL_CTL_ADD, fd, interest, registration) == 0 else {
            throw LoopError(call: "epoll_ctl")
        }
        freeSlots.removeLast()
        slots[Int(slot)].handler = handler
        return registration
    }

    func modify(
        _ fd: CInt,
        _ interest: Readiness,
        _ registration: Registration
    ) throws(LoopError) {
        guard control(EPOLL_CTL_MOD, fd, interest, registration) == 0 else {
            throw LoopError(call: "epoll_ctl")
        }
    }

    /// - Parameter fd: nil when closing it takes it out of epoll anyway.
    func deregister(_ registration: Registration, fd: CInt? = nil) {
        if let fd { _ = control(EPOLL_CTL_DEL, fd, [], registration) }
        let slot = Int(registration.slot)
        guard generations[slot] == registration.generation else { return }
        slots[slot].handler = nil
        generations[slot] &+= 1
        freeSlots.append(registration.slot)
    }

    /// Waits at most `timeoutMS` (-1: without limit) and hands each event to its handler.
    func poll(timeoutMS: CInt) {
        let capacity = unsafe CInt(events.count)
        let count = unsafe events.withUnsafeMutableBufferPointer { buffer in
            unsafe epoll_wait(descriptor, buffer.baseAddress, capacity, timeoutMS)
        }
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let data = unsafe sg_epoll_data(&events[index])
            let readiness = Readiness(rawValue: unsafe sg_epoll_events(&events[index]))
            let slot = Int(truncatingIfNeeded: data & 0xFFFF_FFFF)
            guard generations[slot] == UInt32(truncatingIfNeeded: data >> 32) else { continue }
            slots[slot].handler?.handle(readiness)
        }
        if count == capacity, capacity < 4096 {
            unsafe events = unsafe Array(repeating: epoll_event(), count: events.count * 2)
        }
    }

    private func control(
        _ operation: CInt,
        _ fd: CInt,
        _ interest: Readiness,
        _ registration: Registration
    ) -> CInt {
        let data = UInt64(registration.generation) << 32 | UInt64(registration.slot)
        return sg_epoll_control(descriptor, operation, fd, interest.rawValue, data)
    }
}

/// A system call that the loop cannot do without failed.
package struct LoopError: Error, Hashable, Sendable, CustomStringConvertible {
    package let call: String
    package let code: CInt

    package init(call: String) {
        self.call = call
        self.code = errno
    }

    package init(call: String, code: CInt) {
        self.call = call
        self.code = code
    }

    package var description: String {
        let text = unsafe String(cString: strerror(code))
        return "\(call): \(text)"
    }
}
