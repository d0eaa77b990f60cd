/// The loop runs the jobs of actors pinned to it (as their serial executor), and the jobs of tasks
/// that prefer it (as their task executor).
///
/// The second matters as much as the first: a continuation resumes its task on the task's preferred
/// executor, whatever actor it belongs to. Without a preference that is the global pool, and each
/// wait would go through another thread and back. Both kinds of job are run as isolated to the
/// loop, so that the hop to the actor that follows is none.
extension EventLoop: SerialExecutor, TaskExecutor {
    /// Takes a job, from any thread.
    package func enqueue(_ job: consuming ExecutorJob) {
        accept(UnownedJob(job))
    }

    /// The loop as its actors' executor.
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    /// The loop as its tasks' executor.
    package func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        unsafe UnownedTaskExecutor(ordinary: self)
    }

    /// Traps when the caller is not on the loop's thread.
    package func checkIsolated() {
        precondition(isOnLoop, "this must run on its event loop: await it on the worker's actor")
    }

    /// Whether the caller is on the loop's thread.
    package func isIsolatingCurrentContext() -> Bool? {
        isOnLoop
    }

    func run(_ job: UnownedJob) {
        unsafe job.runSynchronously(
            isolatedTo: asUnownedSerialExecutor(),
            taskExecutor: asUnownedTaskExecutor()
        )
    }
}
