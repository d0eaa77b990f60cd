internal import CLinux
internal import Glibc
internal import Synchronization

/// One thread's loop: runs jobs of Swift's concurrency, waits for descriptors and deadlines.
///
/// It is the serial executor of its worker: everything that belongs to a worker runs here, so
/// nothing of it needs a lock. Only `enqueue` and `stop` may be called from other threads.
///
/// Unchecked because the compiler cannot see that `poller`, `timers` and `ready` are touched by the
/// loop's thread alone; `owner` is what every path from elsewhere is compared with.
@safe package final class EventLoop: @unchecked Sendable {
    let poller: Poller
    let timers = TimerQueue()
    private let wakeDescriptor: CInt
    private let wakeHandler: WakeHandler

    private var ready: [UnownedJob] = []
    private var running: [UnownedJob] = []
    /// Tasks that let the descriptors have their turn.
    private var yielded: [UnsafeContinuation<Void, Never>] = unsafe []
    /// What is to be done when this turn's jobs have run.
    private var turnEnds: [() -> Void] = []
    private let foreign = Mutex<[UnownedJob]>([])
    private let calls = Mutex<[@Sendable () -> Void]>([])
    private let owner = Atomic<UInt>(0)
    private let isStopping = Atomic<Bool>(false)

    /// The clock as it was when this turn began; good enough for deadlines.
    package private(set) var now = Instant.now()
    /// Which round of descriptors, timers and jobs this is.
    private(set) var turn: UInt64 = 0

    package init() throws(LoopError) {
        poller = try Poller()
        wakeDescriptor = eventfd(0, SG_EFD_FLAGS)
        guard wakeDescriptor >= 0 else { throw LoopError(call: "eventfd") }
        wakeHandler = WakeHandler(descriptor: wakeDescriptor)
        _ = try poller.register(wakeDescriptor, [.readable, .edgeTriggered], wakeHandler)
    }

    deinit {
        Glibc.close(wakeDescriptor)
    }

    /// Runs until `stop`, on the calling thread, which the loop owns until then.
    package func run() {
        owner.store(UInt(pthread_self()), ordering: .releasing)
        defer { owner.store(0, ordering: .releasing) }
        while !isStopping.load(ordering: .relaxed) {
            takeForeignJobs()
            let isBusy = unsafe !ready.isEmpty || !yielded.isEmpty || !turnEnds.isEmpty
            poller.poll(timeoutMS: isBusy ? 0 : pollTimeoutMS())
            now = .now()
            turn &+= 1
            timers.runDue(now)
            runCalls()
            resumeYielded()
            runReadyJobs()
            runTurnEnds()
        }
    }

    /// Makes `run` return after its current turn. Any thread.
    package func stop() {
        isStopping.store(true, ordering: .relaxed)
        wake()
    }

    /// Runs `body` on the loop, soon. Any thread.
    package func execute(_ body: @escaping @Sendable () -> Void) {
        calls.withLock { $0.append(body) }
        wake()
    }

    /// Suspends the task until descriptors and timers have had their turn, for whoever else could
    /// go on and on. Loop thread only, as all that follows.
    package func nextTurn() async {
        unsafe await withUnsafeContinuation { unsafe yielded.append($0) }
    }

    /// Runs `body` once, when this turn's jobs have run and before descriptors are waited for: what
    /// many of them asked for can then be done in one go.
    package func atEndOfTurn(_ body: @escaping () -> Void) {
        turnEnds.append(body)
    }

    /// Watches a descriptor, for as long as `handler` lives.
    package func register(
        _ fd: CInt,
        _ interest: Readiness,
        _ handler: any ReadinessHandler
    ) throws(LoopError) -> Registration {
        try poller.register(fd, interest, handler)
    }

    /// - Throws: when the descriptor cannot be watched any more.
    package func modify(
        _ fd: CInt,
        _ interest: Readiness,
        _ registration: Registration
    ) throws(LoopError) {
        try poller.modify(fd, interest, registration)
    }

    /// - Parameter fd: nil when it is closed right after, which takes it out of epoll anyway.
    package func deregister(_ registration: Registration, fd: CInt? = nil) {
        poller.deregister(registration, fd: fd)
    }

    /// Closes a descriptor whose owner dies, possibly on another thread.
    func close(_ fd: CInt, _ registration: Registration?) {
        guard isOnLoop || owner.load(ordering: .acquiring) == 0 else {
            execute { self.close(fd, registration) }
            return
        }
        if let registration { poller.deregister(registration) }
        Glibc.close(fd)
    }

    /// Whether the calling thread is the loop's.
    package var isOnLoop: Bool {
        owner.load(ordering: .acquiring) == UInt(pthread_self())
    }

    func accept(_ job: UnownedJob) {
        if isOnLoop {
            ready.append(job)
            return
        }
        let isFirst = foreign.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        // Only the first one wakes the loop; the others find it awake or about to be.
        if isFirst { wake() }
    }

    private func takeForeignJobs() {
        foreign.withLock { jobs in
            guard !jobs.isEmpty else { return }
            ready.append(contentsOf: jobs)
            jobs.removeAll(keepingCapacity: true)
        }
    }

    private func runCalls() {
        let due = calls.withLock { calls in
            defer { calls.removeAll() }
            return calls
        }
        for call in due { call() }
    }

    private func resumeYielded() {
        guard unsafe !yielded.isEmpty else { return }
        for index in unsafe 0..<yielded.count { unsafe yielded[index].resume() }
        unsafe yielded.removeAll(keepingCapacity: true)
    }

    /// Runs what is ready, and what that makes ready, up to a number of rounds after which
    /// descriptors get their turn.
    private func runReadyJobs() {
        var rounds = 0
        while !ready.isEmpty, rounds < 16 {
            swap(&ready, &running)
            for job in running {
                run(job)
            }
            running.removeAll(keepingCapacity: true)
            rounds += 1
        }
    }

    private func runTurnEnds() {
        guard !turnEnds.isEmpty else { return }
        let bodies = turnEnds
        turnEnds.removeAll(keepingCapacity: true)
        for body in bodies { body() }
    }

    private func pollTimeoutMS() -> CInt {
        guard let next = timers.next else { return -1 }
        let left = next.since(.now())
        // Rounded up: waking a moment early would turn the rest into a busy loop.
        return CInt(min((left + 999_999) / 1_000_000, UInt64(CInt.max)))
    }

    private func wake() {
        _ = eventfd_write(wakeDescriptor, 1)
    }
}

/// Empties the wake-up counter.
private final class WakeHandler: ReadinessHandler {
    private let descriptor: CInt

    init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    func handle(_ readiness: Readiness) {
        var value: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor, &value)
    }
}
