import EventLoop
import Glibc

/// An event loop on a thread of its own with an actor pinned to it, for tests of what runs there.
final class LoopHarness: Sendable {
    let loop: EventLoop
    let worker: LoopActor

    init() throws {
        signal(SIGPIPE, SIG_IGN)
        loop = try EventLoop()
        worker = LoopActor(loop: loop)
        let loop = loop
        try LoopThread(name: "test-loop") { loop.run() }.detach()
    }

    deinit {
        loop.stop()
    }

    /// Runs `body` on the loop, and everything that it awaits.
    func run<R: Sendable>(_ body: @Sendable (EventLoop) async throws -> R) async throws -> R {
        try await worker.run(body)
    }
}

/// An actor whose executor is the loop.
actor LoopActor {
    let loop: EventLoop

    init(loop: EventLoop) {
        self.loop = loop
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func run<R: Sendable>(_ body: @Sendable (EventLoop) async throws -> R) async throws -> R {
        try await body(loop)
    }
}

/// Suspends the task for a while without blocking the loop.
func pause(_ loop: EventLoop, milliseconds: UInt64) async {
    _ = await Waiter(loop: loop).wait(until: loop.now.advanced(milliseconds: milliseconds))
}
