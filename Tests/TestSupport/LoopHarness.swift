package import EventLoop
internal import Glibc

/// An event loop on a thread of its own with an actor pinned to it, for tests of what runs there.
package final class LoopHarness: Sendable {
    package let loop: EventLoop
    package let worker: LoopActor

    package init() throws {
        signal(SIGPIPE, SIG_IGN)
        loop = try EventLoop()
        worker = LoopActor(loop: loop)
        let loop = loop
        try LoopThread(name: "test-loop") { loop.run() }.detach()
    }

    deinit {
        loop.stop()
    }

    /// Runs `body` on the loop, and everything that it awaits: its waits end there too, as a
    /// worker's do, and not on the few threads of the pool, which tests may block.
    package func run<R: Sendable>(
        _ body: @Sendable (EventLoop) async throws -> R
    ) async throws -> R {
        try await withTaskExecutorPreference(loop) { try await worker.run(body) }
    }
}

/// An actor whose executor is the loop.
package actor LoopActor {
    package let loop: EventLoop

    package init(loop: EventLoop) {
        self.loop = loop
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Runs `body` on the loop.
    package func run<R: Sendable>(
        _ body: @Sendable (EventLoop) async throws -> R
    ) async throws -> R {
        try await body(loop)
    }

    /// Begins `body` on the loop, beside what else runs there.
    package nonisolated func start(_ body: @escaping @Sendable (EventLoop) async -> Void) {
        Task(executorPreference: loop) { await self.begin(body) }
    }

    private func begin(_ body: @Sendable (EventLoop) async -> Void) async {
        await body(loop)
    }
}

/// Suspends the task for a while without blocking the loop.
package func pause(_ loop: EventLoop, milliseconds: UInt64) async {
    _ = await Waiter(loop: loop).wait(until: loop.now.advanced(milliseconds: milliseconds))
}

/// Brings something that belongs to the loop into a task that runs there.
///
/// Unchecked because only tasks of the loop's actor open it.
package struct LoopBound<Value>: @unchecked Sendable {
    package let value: Value

    package init(_ value: Value) {
        self.value = value
    }
}
