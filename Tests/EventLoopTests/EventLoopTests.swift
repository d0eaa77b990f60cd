import Glibc
import Synchronization
import TestSupport
import Testing

@testable import EventLoop

/// What a test's tasks did, in order.
final class Journal: Sendable {
    private let lines = Mutex<[String]>([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

@Suite("EventLoop", .timeLimit(.minutes(5)))
struct EventLoopTests {
    @Test("runs jobs in the order in which they became ready")
    func order() async throws {
        let harness = try LoopHarness()
        let order = try await harness.run { loop in
            let waiters = (0..<100).map { _ in Waiter(loop: loop) }
            let journal = Journal()
            let done = Waiter(loop: loop)
            for (index, waiter) in waiters.enumerated() {
                let bound = LoopBound((own: waiter, done: done))
                harness.worker.start { _ in
                    _ = await bound.value.own.wait(until: nil)
                    journal.note("\(index)")
                    if index == 99 { bound.value.done.signal() }
                }
            }
            await loop.nextTurn()
            for waiter in waiters { waiter.signal() }
            _ = await done.wait(until: nil)
            return journal.all
        }
        #expect(order == (0..<100).map { "\($0)" })
    }

    @Test("does what is left for a turn's end when the turn's jobs have run, once")
    func turnEnds() async throws {
        let harness = try LoopHarness()
        let lines = try await harness.run { loop in
            let journal = Journal()
            loop.atEndOfTurn {
                journal.note("end")
                loop.atEndOfTurn { journal.note("next end") }
            }
            for number in 0..<3 { harness.worker.start { _ in journal.note("job \(number)") } }
            await loop.nextTurn()
            journal.note("next turn")
            await loop.nextTurn()
            return journal.all
        }
        #expect(lines == ["job 0", "job 1", "job 2", "end", "next turn", "next end"])
    }

    @Test("runs everything on one thread, whatever thread it was asked from")
    func oneThread() async throws {
        let harness = try LoopHarness()
        let home = try await harness.run { _ in UInt(pthread_self()) }
        let threads = await withTaskGroup(of: UInt?.self) { group in
            for _ in 0..<200 {
                group.addTask { try? await harness.run { _ in UInt(pthread_self()) } }
            }
            return await group.reduce(into: Set<UInt>()) { if let id = $1 { $0.insert(id) } }
        }
        #expect(threads == [home])
        #expect(home != UInt(pthread_self()))
    }

    @Test("is woken from its sleep by other threads")
    func wakeUps() async throws {
        let harness = try LoopHarness()
        for _ in 0..<200 {
            let number = await withCheckedContinuation { continuation in
                harness.loop.execute { continuation.resume(returning: 7) }
            }
            #expect(number == 7)
        }
        try await harness.run { loop in
            let waiter = Waiter(loop: loop)
            let signal = RemoteSignal(waiter, on: loop)
            try LoopThread(name: "sender") { signal.send() }.join()
            let end = await waiter.wait(until: nil)
            #expect(end == .signalled)
        }
    }

    @Test("is nobody's once run has returned")
    func owner() async throws {
        let loop = try EventLoop()
        #expect(!loop.isOnLoop)
        let during = await onThread {
            let seen = Mutex(false)
            loop.execute {
                seen.withLock { $0 = loop.isOnLoop }
                loop.stop()
            }
            loop.run()
            return (seen.withLock { $0 }, loop.isOnLoop)
        }
        #expect(during == (true, false))
    }

    @Test("lets descriptors and timers have their turn between two turns of a task")
    func nextTurn() async throws {
        let harness = try LoopHarness()
        try await harness.run { loop in
            let fired = Journal()
            let timer = DeadlineTimer(loop: loop) { fired.note("timer") }
            timer.set(loop.now)
            await loop.nextTurn()
            #expect(fired.all == ["timer"])
            let (inner, outer) = RawSocket.pair()
            let socket = try StreamSocket(loop: loop, descriptor: inner)
            socket.onPeerClosed = { fired.note("closed") }
            outer.finishSending()
            await loop.nextTurn()
            #expect(fired.all == ["timer", "closed"])
            socket.close()
        }
    }

    @Test("a task that goes on and on keeps others from nothing when it yields")
    func fairness() async throws {
        let harness = try LoopHarness()
        let isDone = Atomic<Bool>(false)
        let turns = try await harness.run { loop in
            harness.worker.start { loop in
                await pause(loop, milliseconds: 20)
                isDone.store(true, ordering: .relaxed)
            }
            var turns = 0
            while !isDone.load(ordering: .relaxed) {
                turns += 1
                await loop.nextTurn()
            }
            return turns
        }
        #expect(turns > 1)
    }
}

@Suite("DeadlineTimer", .timeLimit(.minutes(5)))
struct DeadlineTimerTests {
    /// The queue of a loop that does not run: its time is what a test says.
    private func milliseconds(_ count: UInt64) -> Instant {
        Instant(nanoseconds: count * 1_000_000)
    }

    @Test("fires once, at its deadline and not before")
    func fires() throws {
        let loop = try EventLoop()
        let journal = Journal()
        let timer = DeadlineTimer(loop: loop) { journal.note("fired") }
        timer.set(milliseconds(10))
        loop.timers.runDue(milliseconds(9))
        #expect(journal.all.isEmpty)
        loop.timers.runDue(milliseconds(10))
        loop.timers.runDue(milliseconds(11))
        #expect(journal.all == ["fired"])
        #expect(timer.deadline == nil)
    }

    @Test("moves later without being queued again, and earlier at once")
    func moves() throws {
        let loop = try EventLoop()
        let journal = Journal()
        let timer = DeadlineTimer(loop: loop) { journal.note("fired") }
        timer.set(milliseconds(10))
        timer.set(milliseconds(20))
        #expect(loop.timers.next == milliseconds(10))
        loop.timers.runDue(milliseconds(15))
        #expect(journal.all.isEmpty)
        #expect(loop.timers.next == milliseconds(20))
        timer.set(milliseconds(17))
        #expect(loop.timers.next == milliseconds(17))
        loop.timers.runDue(milliseconds(17))
        #expect(journal.all == ["fired"])
    }

    @Test("stays silent when cleared or invalidated")
    func invalidated() throws {
        let loop = try EventLoop()
        let journal = Journal()
        let cleared = DeadlineTimer(loop: loop) { journal.note("cleared") }
        let invalid = DeadlineTimer(loop: loop) { journal.note("invalidated") }
        cleared.set(milliseconds(1))
        invalid.set(milliseconds(1))
        cleared.clear()
        invalid.invalidate()
        #expect(loop.timers.count == 1)
        loop.timers.runDue(milliseconds(5))
        #expect(journal.all.isEmpty)
        #expect(loop.timers.count == 0)
    }

    @Test("one that another one's firing clears stays silent, though both were due")
    func clearedByAnother() throws {
        let loop = try EventLoop()
        let journal = Journal()
        let second = DeadlineTimer(loop: loop) { journal.note("second") }
        let first = DeadlineTimer(loop: loop) {
            journal.note("first")
            second.clear()
        }
        first.set(milliseconds(1))
        second.set(milliseconds(2))
        loop.timers.runDue(milliseconds(5))
        #expect(journal.all == ["first"])
    }

    @Test("one that sets itself to now waits for the next turn")
    func resetsItself() throws {
        let loop = try EventLoop()
        let journal = Journal()
        var timer: DeadlineTimer?
        let now = milliseconds(5)
        timer = DeadlineTimer(loop: loop) {
            journal.note("fired")
            if journal.all.count < 100 { timer?.set(now) }
        }
        timer?.set(now)
        loop.timers.runDue(now)
        #expect(journal.all.count == 1)
        loop.timers.runDue(now)
        #expect(journal.all.count == 2)
        timer?.invalidate()
    }

    @Test("many fire in the order of their deadlines, whatever was moved and removed")
    func manyTimers() throws {
        var random = SeededRandom.make()
        let loop = try EventLoop()
        var fired: [UInt64] = []
        var timers: [DeadlineTimer] = []
        for _ in 0..<500 {
            var this: DeadlineTimer?
            var due: UInt64 = 0
            let timer = DeadlineTimer(loop: loop) { fired.append(due) }
            this = timer
            due = UInt64.random(in: 1...1000, using: &random)
            if Bool.random(using: &random) {
                this?.set(milliseconds(UInt64.random(in: 1...1000, using: &random)))
            }
            timer.set(milliseconds(due))
            timers.append(timer)
        }
        for timer in timers.prefix(100) { timer.invalidate() }
        for now in UInt64(1)...1000 {
            let before = fired.count
            loop.timers.runDue(milliseconds(now))
            #expect(fired[before...].allSatisfy { $0 == now })
        }
        #expect(fired.count == 400)
    }
}
